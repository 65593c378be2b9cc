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
    public static string? KindOf(string path) => Words(TypeOf(path));

    /// <summary>
    /// Checks, before it is opened, that a path does not lead to one of them, nor over a link to nothing or one in a circle. What is simply
    /// not there passes.
    /// </summary>
    /// <param name="path">The path.</param>
    /// <param name="needed">What it is to lead to.</param>
    /// <exception cref="InvalidInputException">It does; the message says to which.</exception>
    public static void Refuse(string path, string needed = "a file")
    {
        if (FaultOf(path, needed) is { } fault) { throw new InvalidInputException(fault); }
    }

    /// <summary>What <see cref="Refuse"/> says of a path, as sentences; null where it passes.</summary>
    public static string? FaultOf(string path, string needed = "a file")
    {
        uint? type = TypeOf(path);
        if (Words(type) is { } kind) { return $"{path}: it is {kind}, but {needed} is needed. Give {needed}."; }
        // What the system reaches is there, whatever the text of a link says: those in /proc/self/fd lead to what is open.
        return type is null && RealPath.FirstBroken(path) is { } at ? $"{at.Link}: {at.Broken.What}. {at.Broken.Fix}." : null;
    }

    private static string? Words(uint? type) => (type & TypeMask) switch
    {
        Pipe => "a named pipe",
        Socket => "a socket",
        CharacterDevice or BlockDevice => "a device",
        _ => null,
    };

    /// <summary>Type and permissions of what a path leads to; null for nothing, and where it cannot be told.</summary>
    private static uint? TypeOf(string path)
    {
        if (!OperatingSystem.IsLinux()) { return null; }
        byte[] found = new byte[StatxSize];
        return StatX(CurrentFolder, path, flags: 0, TypeAndMode, found) == 0 ? BitConverter.ToUInt16(found, ModeOffset) : null;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, [Out] byte[] found);
}
