using System.Runtime.InteropServices;

namespace RhoLoss.Serialization;

/// <summary>
/// Tells what only has a name among files: named pipes, sockets and devices. Opening one may wait for ever, and .NET, which does so,
/// does not tell them from files before. Compiled into each assembly that opens files that somebody named.
/// </summary>
internal static partial class SpecialFile
{
    /// <summary>Of Linux's statx(2) and inode(7), the same on every architecture.</summary>
    private const int CurrentFolder = -100, ModeOffset = 28, StatxSize = 256;
    private const uint TypeAndMode = 1, TypeMask = 0xF000, Pipe = 0x1000, CharacterDevice = 0x2000, BlockDevice = 0x6000, Socket = 0xC000;

    /// <summary>What a path leads to, links followed; null for a file or folder, for nothing, and where it cannot be told.</summary>
    public static string? KindOf(string path)
    {
        if (!OperatingSystem.IsLinux()) { return null; }
        byte[] found = new byte[StatxSize];
        if (StatX(CurrentFolder, path, flags: 0, TypeAndMode, found) != 0) { return null; }
        return (BitConverter.ToUInt16(found, ModeOffset) & TypeMask) switch
        {
            Pipe => "a named pipe",
            Socket => "a socket",
            CharacterDevice or BlockDevice => "a device",
            _ => null,
        };
    }

    /// <summary>Checks that what a path leads to is not one of them, before it is opened.</summary>
    /// <exception cref="InvalidInputException">It is one; the message says which.</exception>
    public static void Refuse(string path)
    {
        if (KindOf(path) is { } kind) { throw new InvalidInputException($"{path}: it is {kind}, but a file is needed. Give a file."); }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, [Out] byte[] found);
}
