using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using RhoLoss.Serialization;

namespace RhoLoss.Logging;

/// <summary>
/// Scalars in TensorBoard's event format: records of a length, a checksum of the length, a protocol-buffer Event and its checksum.
/// Written here because TorchSharp's writer stamps the first event with a wrong time and opens the file anew for every event.
/// </summary>
internal sealed class TensorBoardFile : IDisposable
{
    private const uint ChecksumMask = 0xa282ead8;      // of the TFRecord format
    private readonly FileStream _stream;
    private readonly TimeProvider _time;

    /// <summary>Starts a new event file in the folder.</summary>
    /// <param name="folder">Made if absent.</param>
    /// <param name="firstStep">First step of this file: TensorBoard drops what earlier files hold from there on.</param>
    /// <param name="time">Clock of the events.</param>
    /// <exception cref="InvalidInputException">No file can be made there.</exception>
    /// <exception cref="IOException">The machine fails, a full disk for example.</exception>
    public TensorBoardFile(string folder, long firstStep, TimeProvider time)
    {
        _time = time;
        string name = FormattableString.Invariant($"events.out.tfevents.{_time.GetUtcNow().ToUnixTimeSeconds()}.")
            + FormattableString.Invariant($"{Environment.MachineName}.{Environment.ProcessId}.{firstStep}");
        string path = FreePath(Path.Combine(folder, name));
        try
        {
            Directory.CreateDirectory(folder);
            _stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw WriteFailure.Of($"{path} cannot be written: {e.Message}", "Allow writing there, or choose another folder.", e);
        }
        WriteEvent(0, e => e.Text(field: 3, "brain.Event:2"));                                        // Event.file_version
        if (firstStep > 0) { WriteEvent(firstStep, e => e.Message(field: 7, s => s.Integer(field: 1, 1))); }   // Event.session_log = START
    }

    /// <summary>Appends the scalars of one step; values that are not known are left out.</summary>
    public void Add(long step, params IEnumerable<(string Tag, double? Value)> scalars)
    {
        WriteEvent(step, e => e.Message(field: 5, summary =>                                          // Event.summary
        {
            foreach ((string tag, double? value) in scalars)
            {
                if (value is not { } v) { continue; }
                summary.Message(field: 1, s =>                                                        // Summary.value
                {
                    s.Text(field: 1, tag);
                    s.Float(field: 2, (float)v);
                });
            }
        }));
        _stream.Flush();
    }

    // A run that is started again within a second, by one process or with the same process id in a
    // new container, gets a file of its own too.
    private static string FreePath(string path)
    {
        string free = path;
        for (int i = 2; File.Exists(free); i++) { free = FormattableString.Invariant($"{path}.{i}"); }
        return free;
    }

    private void WriteEvent(long step, Action<ProtocolBuffer> fill)
    {
        var content = new ProtocolBuffer();
        content.Double(field: 1, _time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);
        content.Integer(field: 2, step);
        fill(content);
        byte[] data = content.ToArray();
        Span<byte> length = stackalloc byte[8], checksum = stackalloc byte[4];
        BinaryPrimitives.WriteInt64LittleEndian(length, data.Length);
        _stream.Write(length);
        BinaryPrimitives.WriteUInt32LittleEndian(checksum, MaskedChecksum(length));
        _stream.Write(checksum);
        _stream.Write(data);
        BinaryPrimitives.WriteUInt32LittleEndian(checksum, MaskedChecksum(data));
        _stream.Write(checksum);
    }

    /// <summary>CRC-32C, rotated and offset as TFRecord asks.</summary>
    private static uint MaskedChecksum(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data) { crc = BitOperations.Crc32C(crc, b); }
        return BitOperations.RotateRight(~crc, 15) + ChecksumMask;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    /// <summary>The four wire types an event needs.</summary>
    private sealed class ProtocolBuffer
    {
        private readonly ArrayBufferWriter<byte> _bytes = new();

        public void Integer(int field, long value)
        {
            Key(field, 0);
            Varint((ulong)value);
        }

        public void Double(int field, double value)
        {
            Key(field, 1);
            Span<byte> raw = stackalloc byte[8];
            BinaryPrimitives.WriteDoubleLittleEndian(raw, value);
            _bytes.Write(raw);
        }

        public void Float(int field, float value)
        {
            Key(field, 5);
            Span<byte> raw = stackalloc byte[4];
            BinaryPrimitives.WriteSingleLittleEndian(raw, value);
            _bytes.Write(raw);
        }

        public void Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

        public void Message(int field, Action<ProtocolBuffer> fill)
        {
            var inner = new ProtocolBuffer();
            fill(inner);
            Bytes(field, inner.ToArray());
        }

        public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

        private void Bytes(int field, byte[] value)
        {
            Key(field, 2);
            Varint((ulong)value.Length);
            _bytes.Write(value);
        }

        private void Key(int field, int wireType) => Varint((ulong)(field << 3 | wireType));

        private void Varint(ulong value)
        {
            for (; value >= 0x80; value >>= 7) { _bytes.Write([(byte)(value | 0x80)]); }
            _bytes.Write([(byte)value]);
        }
    }
}
