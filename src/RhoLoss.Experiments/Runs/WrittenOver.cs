using RhoLoss.Serialization;

namespace RhoLoss.Experiments.Runs;

/// <summary>
/// At places that somebody names, a file is written over only where it is recognisably of the kind that is written there: a mistyped name
/// must not cost a photo, a table or somebody's weights.
/// </summary>
internal static class WrittenOver
{
    /// <summary>Looks at what is there, before the work whose result is to be written.</summary>
    /// <param name="path">Where it is to be written.</param>
    /// <param name="what">What is written there, with its article.</param>
    /// <param name="isOne">Whether a file is such a thing; an <see cref="InvalidInputException"/> says that it is none.</param>
    /// <param name="fix">What to do about another file, a sentence.</param>
    /// <exception cref="InvalidInputException">Something else is there.</exception>
    public static void Require(string path, string what, Predicate<string> isOne, string fix)
    {
        SpecialFile.Refuse(path);
        if (!Path.Exists(path) || (File.Exists(path) && Is(path, isOne))) { return; }
        throw new InvalidInputException($"{path} is there already and is not {what} that rho wrote, so it is not written over. {fix}");
    }

    private static bool Is(string path, Predicate<string> isOne)
    {
        try
        {
            return isOne(path);
        }
        catch (InvalidInputException)
        {
            return false;   // who reads files of that kind cannot read it
        }
    }
}
