using System.Buffers.Binary;

namespace RhoLoss.Reliability.Formats;

/// <summary>The chunks of a PNG file: length, type, content, CRC-32 over type and content.</summary>
internal static class PngChunks
{
    private const int Signature = 8, Frame = 12;   // length, type and checksum are 4 bytes each
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(i => Entry((uint)i))];

    /// <summary>Makes the checksum of every chunk right that is still whole; other files stay as they are.</summary>
    public static byte[] WithRightChecksums(byte[] file)
    {
        if (file is not [0x89, (byte)'P', (byte)'N', (byte)'G', ..]) { return file; }
        byte[] bytes = [.. file];
        int at = Signature;
        while (at + Frame <= bytes.Length)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at));
            if (length > bytes.Length - at - Frame) { break; }
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at + 8 + (int)length), Checksum(bytes.AsSpan(at + 4, 4 + (int)length)));
            at += Frame + (int)length;
        }
        return bytes;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes) { crc = Table[(byte)(crc ^ b)] ^ (crc >> 8); }
        return ~crc;
    }

    private static uint Entry(uint value)
    {
        for (int bit = 0; bit < 8; bit++) { value = (value & 1) != 0 ? 0xEDB88320 ^ (value >> 1) : value >> 1; }
        return value;
    }
}
