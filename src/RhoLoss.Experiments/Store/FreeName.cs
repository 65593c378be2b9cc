using System.Globalization;

namespace RhoLoss.Experiments.Store;

/// <summary>A name that nothing has yet, for a folder that is ready.</summary>
internal static class FreeName
{
    /// <summary>Moves a folder to <c>root/name</c>, or to <c>root/name-2</c>, <c>root/name-3</c> … where that exists.</summary>
    /// <returns>Where it is now.</returns>
    public static string Take(string temporary, string root, string name)
    {
        for (int number = 1; ; number++)
        {
            string candidate = Path.Combine(root, number == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{number}"));
            if (Path.Exists(candidate)) { continue; }
            try
            {
                Directory.Move(temporary, candidate);
                return candidate;
            }
            catch (IOException) when (Path.Exists(candidate))
            {
                // Another run took the name between the question and the move: try the next number.
            }
        }
    }
}
