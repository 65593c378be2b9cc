using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RhoLoss.Datasets.Tests.Support;

/// <summary>An HTTP server on the loopback interface that answers each path with prepared bytes, well-formed or not.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<string, byte[]> _answer;
    private readonly Task _serving;

    /// <summary>Serves; <paramref name="answer"/> gets the file name asked for and returns the whole answer, headers included.</summary>
    public LoopbackServer(Func<string, byte[]> answer)
    {
        _answer = answer;
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/data/");

    /// <summary>Answers 200 with this content, of which only the first bytes are sent if <paramref name="sent"/> says so.</summary>
    public static byte[] Ok(byte[] content, int? sent = null) =>
        [
            .. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {content.Length}\r\nConnection: close\r\n\r\n"),
            .. content[..(sent ?? content.Length)],
        ];

    /// <summary>Answers 404.</summary>
    public static byte[] NotFound() => Encoding.ASCII.GetBytes("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync();
                await using NetworkStream stream = client.GetStream();
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                string request = await reader.ReadLineAsync() ?? "";
                while (await reader.ReadLineAsync() is { Length: > 0 }) { }
                byte[] answer = _answer(request.Split(' ')[1].Split('/')[^1]);
                // An empty answer stands for a server that takes the question and stays silent until the other side hangs up.
                if (answer.Length == 0) { await reader.ReadToEndAsync(); }
                await stream.WriteAsync(answer);
            }
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException or IOException)
        {
            // The test is over.
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _serving.Wait(TimeSpan.FromSeconds(5));
    }
}
