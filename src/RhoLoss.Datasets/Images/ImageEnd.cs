using System.Buffers;
using System.Buffers.Binary;

namespace RhoLoss.Datasets.Images;

/// <summary>
/// Whether a JPEG or PNG file ends before its image does, by the markers and chunks of the formats (ITU-T T.81, annex B; PNG, section 5).
/// Decoders do not agree here: what one of them makes up for the missing rest depends on where the file was cut.
/// </summary>
internal static class ImageEnd
{
    private const int EndOfImage = 0xD9, StartOfImage = 0xD8, FirstRestart = 0xD0, Temporary = 0x01;
    private const uint LongestChunk = int.MaxValue;
    private static readonly byte[] JpegStart = [0xFF, 0xD8, 0xFF], PngStart = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];
    private static readonly SearchValues<byte> Letters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>
    /// Whether the file lacks its end marker. What follows the first end marker does not count, nor does one inside of a segment, as a
    /// thumbnail has it. False for files of other formats and for damaged ones, whose end cannot be told.
    /// </summary>
    /// <param name="file">A file with at least one byte, read from its beginning.</param>
    public static bool IsMissing(Stream file)
    {
        var bytes = new ForwardBytes(file);
        Span<byte> start = stackalloc byte[PngStart.Length];
        ReadOnlySpan<byte> there = start[..bytes.Read(start)];
        if (there.Length < JpegStart.Length && JpegStart.AsSpan().StartsWith(there)) { return true; }
        if (there.Length < PngStart.Length && PngStart.AsSpan().StartsWith(there)) { return true; }
        if (there.StartsWith(PngStart)) { return IsPngCut(bytes); }
        if (!there.StartsWith(JpegStart)) { return false; }
        bytes.MoveTo(2);
        return IsJpegCut(bytes);
    }

    /// <summary>
    /// From marker to marker. Between them are coded data, in which a byte FF is followed by 00, and perhaps bytes that belong to nothing,
    /// which decoders pass over as well.
    /// </summary>
    private static bool IsJpegCut(ForwardBytes bytes)
    {
        Span<byte> length = stackalloc byte[2];
        while (NextMarker(bytes) is { } marker)
        {
            if (marker == EndOfImage) { return false; }
            if (marker is Temporary or (>= FirstRestart and <= StartOfImage)) { continue; }   // these have no segment
            if (bytes.Read(length) < length.Length) { return true; }
            int segment = (length[0] << 8) | length[1];
            if (segment < length.Length) { return false; }
            if (!bytes.Skip(segment - length.Length)) { return true; }
        }
        return true;
    }

    /// <summary>The byte behind the next FF that is neither 00 nor another FF; null at the end.</summary>
    private static int? NextMarker(ForwardBytes bytes)
    {
        while (bytes.SkipPast(0xFF))
        {
            int next = bytes.ReadByte();
            while (next == 0xFF) { next = bytes.ReadByte(); }
            if (next > 0) { return next; }
        }
        return null;
    }

    private static bool IsPngCut(ForwardBytes bytes)
    {
        Span<byte> head = stackalloc byte[8];   // length and name; the checksum follows the content
        while (true)
        {
            if (bytes.Read(head) < head.Length) { return true; }
            uint length = BinaryPrimitives.ReadUInt32BigEndian(head);
            ReadOnlySpan<byte> name = head[4..];
            if (length > LongestChunk || name.ContainsAnyExcept(Letters)) { return false; }
            if (!bytes.Skip(length + 4L)) { return true; }
            if (name.SequenceEqual("IEND"u8)) { return false; }
        }
    }
}
