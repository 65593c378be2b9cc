using System.Security.Cryptography;
using System.Text;

namespace RhoLoss.Experiments.Recipes;

/// <summary>
/// The name of what a recipe decides. Only keys that decide it enter, and of those only the ones that do not have their default:
/// a key that is added later, or a property that is renamed, changes no name, so that no file is lost.
/// </summary>
internal static class DecidingKeys
{
    /// <summary>Hash of the settings that decide something, as eight hexadecimal digits.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="least">What is decided.</param>
    /// <param name="others">What decides it besides: the content of the data, for example.</param>
    public static string Hash(Recipe recipe, Decides least, params IEnumerable<string> others)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return Hash([.. SettingsOf(recipe, least), .. others]);
    }

    /// <summary>The settings that decide something and do not have their default, as <c>key=value</c>, by their names.</summary>
    public static IEnumerable<string> SettingsOf(Recipe recipe, Decides least) => RecipeBinder.ValuesOf(recipe)
        .Where(value => value.Key.Decides >= least && value.Toml != value.Key.DefaultToml)
        .Select(value => $"{value.Key.NameInFiles}={value.Toml}")
        .Order(StringComparer.Ordinal);

    /// <summary>Hash of texts in this order, as eight hexadecimal digits.</summary>
    public static string Hash(params IEnumerable<string> texts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', texts))))[..8];
}
