namespace RhoLoss;

/// <summary>
/// Something given from outside (a file, a recipe, a command line) breaks a rule. The message names the file or key,
/// the value, the rule and the fix, and is meant to be printed as it is. Nothing was written.
/// </summary>
public class InvalidInputException : Exception
{
    /// <summary>Creates the error with a message for the person who gave the input.</summary>
    public InvalidInputException(string message) : base(message) { }

    /// <summary>Creates the error with a message for the person who gave the input, and what was caught underneath.</summary>
    public InvalidInputException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>Creates the error with the platform's default message.</summary>
    public InvalidInputException() { }
}
