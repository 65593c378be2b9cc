using System.Text;

namespace RhoLoss.Reliability.Formats;

/// <summary>The headers of a tar archive: blocks of 512 bytes with a checksum in octal digits.</summary>
internal static class TarHeaders
{
    private const int Block = 512, ChecksumAt = 148, ChecksumBytes = 8, MagicAt = 257;

    /// <summary>Makes the checksum of every block right that still has a header's mark.</summary>
    public static byte[] WithRightChecksums(byte[] archive)
    {
        byte[] bytes = [.. archive];
        for (int at = 0; at + Block <= bytes.Length; at += Block)
        {
            Span<byte> header = bytes.AsSpan(at, Block), field = header.Slice(ChecksumAt, ChecksumBytes);
            if (!header[MagicAt..].StartsWith("ustar"u8)) { continue; }
            field.Fill((byte)' ');   // the field counts as blanks
            int sum = 0;
            foreach (byte b in header) { sum += b; }
            Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ", field);
        }
        return bytes;
    }
}
