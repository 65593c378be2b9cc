namespace RhoLoss.Datasets.Tests.Support;

internal static class Errors
{
    /// <summary>Runs something that must refuse its input, and returns what it says.</summary>
    public static string Of(Func<object?> action) => Should.Throw<InvalidInputException>(() => { action(); }).Message;

    /// <summary>Runs something that must refuse its input, and returns what it says.</summary>
    public static async Task<string> OfAsync(Func<Task> action) => (await Should.ThrowAsync<InvalidInputException>(action)).Message;
}
