using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace RhoLoss.Datasets.Tests.Support;

/// <summary>.npy files byte by byte, as NumPy's format description has them: right ones and wrong ones.</summary>
internal static class NpyFile
{
    /// <summary>A file of version 1.0, its header padded to a multiple of 64 as numpy.save does.</summary>
    public static byte[] Of(string descr, string shape, byte[] payload, string fortranOrder = "False", byte version = 1) =>
        WithHeader($"{{'descr': '{descr}', 'fortran_order': {fortranOrder}, 'shape': {shape}, }}", payload, version);

    public static byte[] Floats(string shape, params float[] values) => Of("<f4", shape, MemoryMarshal.AsBytes<float>(values).ToArray());

    public static byte[] Longs(string shape, params long[] values) => Of("<i8", shape, MemoryMarshal.AsBytes<long>(values).ToArray());

    /// <summary>A file with any header.</summary>
    public static byte[] WithHeader(string header, byte[] payload, byte version = 1)
    {
        int lengthBytes = version == 1 ? 2 : 4, before = 8 + lengthBytes;
        string padded = header + new string(' ', 63 - (before + header.Length) % 64) + "\n";
        byte[] length = new byte[lengthBytes];
        if (version == 1) { BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)padded.Length); }
        else { BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)padded.Length); }
        return [0x93, .. "NUMPY"u8, version, 0, .. length, .. Encoding.UTF8.GetBytes(padded), .. payload];
    }
}
