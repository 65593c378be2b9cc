namespace RhoLoss.Datasets;

/// <summary>
/// The files of a data set are not where they were looked for, so another folder has to be named. How that is done is for the program to
/// say that was given the name.
/// </summary>
public sealed class DatasetFolderException : InvalidInputException
{
    /// <summary>Creates the error with the places that were looked at.</summary>
    public DatasetFolderException(string message) : base(message) { }

    /// <summary>Creates the error with the places that were looked at, and what was caught underneath.</summary>
    public DatasetFolderException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>Creates the error with the platform's default message.</summary>
    public DatasetFolderException() { }
}
