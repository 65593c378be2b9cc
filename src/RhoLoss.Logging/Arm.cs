using System.Globalization;

namespace RhoLoss.Logging;

/// <summary>One method with one seed: the run that an event belongs to.</summary>
/// <param name="Method">Name of the method; files and folders are called by it, so it has no / and no \.</param>
/// <param name="Seed">Seed of initialisation, order and augmentation.</param>
/// <exception cref="ArgumentException">The name is empty, or has a character that cannot be in the name of a file.</exception>
public sealed record Arm(string Method, long Seed)
{
    /// <summary>Name of the method.</summary>
    public string Method { get; init => field = FileName(value); } = FileName(Method);

    /// <summary>Name of its files: <c>rho-loss-seed0</c>.</summary>
    public string Title => string.Create(CultureInfo.InvariantCulture, $"{Method}-seed{Seed}");

    /// <summary>Its name in a sentence: <c>rho-loss seed 0</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Method} seed {Seed}");

    private static string FileName(string method)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(method);
        if (method.Any(c => c is '/' or '\\' || char.IsControl(c)))
        {
            throw new ArgumentException($"Files are called by the method, so its name '{method}' may have no / and no \\.", nameof(method));
        }
        return method;
    }
}
