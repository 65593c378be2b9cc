using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace RhoLoss.Datasets.Tests.Support;

/// <summary>Names in a folder that lead to no file.</summary>
internal static class SpecialFiles
{
    /// <summary>Makes a named pipe that nobody writes to: who opens it waits.</summary>
    public static void MakePipe(string path) => mkfifo(path, mode: 0b110_100_100).ShouldBe(0);

    /// <summary>Makes a socket that has this name until it is disposed.</summary>
    public static Socket Listen(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int mkfifo([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);
}
