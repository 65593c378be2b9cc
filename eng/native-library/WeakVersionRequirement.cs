using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Copies an ELF shared library and marks one symbol-version requirement of the copy as weak
/// (VER_FLG_WEAK in <c>.gnu.version_r</c>), so that the dynamic loader accepts a C++ runtime that lacks that version.
/// The source file, which lives in the package cache, is only read. Refuses a source whose SHA-256 it does not know.
/// </summary>
public sealed class WeakVersionRequirement : Task
{
    private const uint SectionTypeVersionNeeds = 0x6ffffffe;   // SHT_GNU_verneed
    private const ushort WeakFlag = 0x2;                       // VER_FLG_WEAK

    [Required] public string Source { get; set; }
    [Required] public string Destination { get; set; }
    [Required] public string ExpectedSha256 { get; set; }
    [Required] public string VersionName { get; set; }

    public override bool Execute()
    {
        byte[] image = File.ReadAllBytes(Source);
        string actual = Sha256(image);
        if (!string.Equals(actual, ExpectedSha256, StringComparison.OrdinalIgnoreCase))
        {
            Log.LogError(null, "RHONATIVE001", null, null, 0, 0, 0, 0,
                "The native library {0} has SHA-256 {1}, but the loader fix was checked against {2} only. " +
                "Restore TorchSharp 0.107.0, or, when this version loads on your system as it is, set RhoLossRelaxNativeLibrary=false.",
                Source, actual, ExpectedSha256);
            return false;
        }

        List<long> flags = FindRequirement(image, VersionName);
        if (flags.Count != 1)
        {
            Log.LogError(null, "RHONATIVE002", null, null, 0, 0, 0, 0,
                "The native library {0} must require {1} exactly once, but does so {2} times.", Source, VersionName, flags.Count);
            return false;
        }

        image[flags[0]] |= (byte)WeakFlag;
        if (File.Exists(Destination) && Sha256(File.ReadAllBytes(Destination)) == Sha256(image)) { return true; }

        Directory.CreateDirectory(Path.GetDirectoryName(Destination));
        string temporary = Destination + "." + Guid.NewGuid().ToString("N");
        File.WriteAllBytes(temporary, image);
        File.Delete(Destination);
        File.Move(temporary, Destination);
        return true;
    }

    /// <summary>File offsets of the flag field of every requirement of that name.</summary>
    private static List<long> FindRequirement(byte[] image, string name)
    {
        var found = new List<long>();
        if (image.Length < 64 || image[0] != 0x7f || image[1] != 'E' || image[2] != 'L' || image[3] != 'F' || image[4] != 2
            || image[5] != 1)
        {
            return found;                                      // not a 64-bit little-endian ELF file
        }

        long sections = (long)BitConverter.ToUInt64(image, 0x28);
        int entrySize = BitConverter.ToUInt16(image, 0x3a);
        int count = BitConverter.ToUInt16(image, 0x3c);
        for (int i = 0; i < count; i++)
        {
            int header = checked((int)(sections + (long)i * entrySize));
            if (BitConverter.ToUInt32(image, header + 4) != SectionTypeVersionNeeds) { continue; }
            int link = (int)BitConverter.ToUInt32(image, header + 0x28);
            int strings = checked((int)BitConverter.ToUInt64(image, (int)(sections + (long)link * entrySize) + 0x18));
            int need = checked((int)BitConverter.ToUInt64(image, header + 0x18));
            while (true)
            {
                int requirement = need + (int)BitConverter.ToUInt32(image, need + 8);
                while (true)
                {
                    int text = strings + (int)BitConverter.ToUInt32(image, requirement + 8);
                    if (ReadString(image, text) == name) { found.Add(requirement + 4); }
                    int next = (int)BitConverter.ToUInt32(image, requirement + 12);
                    if (next == 0) { break; }
                    requirement += next;
                }
                int nextNeed = (int)BitConverter.ToUInt32(image, need + 12);
                if (nextNeed == 0) { break; }
                need += nextNeed;
            }
        }
        return found;
    }

    private static string ReadString(byte[] image, int offset)
    {
        int end = Array.IndexOf(image, (byte)0, offset);
        return Encoding.ASCII.GetString(image, offset, end - offset);
    }

    private static string Sha256(byte[] bytes)
    {
        using (var sha = SHA256.Create())
        {
            return BitConverter.ToString(sha.ComputeHash(bytes)).Replace("-", "").ToLowerInvariant();
        }
    }
}
