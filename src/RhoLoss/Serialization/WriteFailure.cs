namespace RhoLoss.Serialization;

/// <summary>
/// Why something could not be written: the place that was given, which its user can correct, or the machine (a full disk, a
/// quota, a failing device), which is no fault of the input and where trying again later helps.
/// </summary>
internal static class WriteFailure
{
    private const int WindowsFacility = unchecked((int)0x80070000);

    // errno of Linux and macOS, and Windows' codes: the name is taken by a file or folder, no such folder, no folder, read-only,
    // too long, not valid.
    private static readonly int[] UnixPlaceErrors = [2, 17, 20, 21, 22, 30, 36, 40, 62, 63];
    private static readonly int[] WindowsPlaceErrors = [19, 80, 123, 183, 206, 267];

    /// <summary>
    /// The exception to throw: <see cref="InvalidInputException"/> where the place is at fault, else <see cref="IOException"/>.
    /// </summary>
    /// <param name="problem">What could not be written, and the system's reason, as sentences.</param>
    /// <param name="remedy">What to do about the place; the machine's remedy is the caller's to name.</param>
    /// <param name="cause">What the system threw.</param>
    public static Exception Of(string problem, string remedy, Exception cause)
    {
        ArgumentNullException.ThrowIfNull(cause);
        return IsPlace(cause) ? new InvalidInputException($"{problem} {remedy}", cause) : new IOException(problem, cause);
    }

    private static bool IsPlace(Exception cause) => cause switch
    {
        UnauthorizedAccessException or DirectoryNotFoundException
            or FileNotFoundException or PathTooLongException or ArgumentException => true,
        IOException { HResult: var code } when (code & unchecked((int)0xFFFF0000)) == WindowsFacility =>
            WindowsPlaceErrors.Contains(code & 0xFFFF),
        IOException { HResult: var code } => UnixPlaceErrors.Contains(code),
        _ => false,
    };
}
