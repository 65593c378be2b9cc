using System.Globalization;
using RhoLoss.Datasets.Names;

namespace RhoLoss.Datasets.Labels;

/// <summary>What a column of labels holds.</summary>
internal enum LabelColumn
{
    /// <summary>Names of classes or their numbers, whichever it is.</summary>
    NameOrIndex,

    /// <summary>Names of classes.</summary>
    Name,

    /// <summary>Numbers of classes.</summary>
    Index,
}

/// <summary>
/// Reads labels that are written as text. A number that is the name of one class and the number of another is refused, as long as the
/// column does not say which is meant: folders named 1, 2, 10 are the classes 0, 2 and 1.
/// </summary>
/// <param name="column">What the column holds.</param>
/// <param name="splits">The set whose classes they are.</param>
/// <param name="path">The file that errors name.</param>
internal sealed class LabelTexts(LabelColumn column, DatasetSplits splits, string path)
{
    private readonly int _classes = splits.Training.Classes;
    private (string Text, int Line)? _numberThatIsName, _numberThatIsIndex;

    /// <summary>Names of columns and what they hold.</summary>
    public static IReadOnlyList<(string Name, LabelColumn Kind)> Columns { get; } =
        [("label", LabelColumn.NameOrIndex), ("class-name", LabelColumn.Name), ("class-index", LabelColumn.Index)];

    /// <summary>The class of one label.</summary>
    /// <exception cref="InvalidInputException">
    /// There is no such class, or it could be two, or it contradicts how an earlier label had to be read.
    /// </exception>
    public long ClassOf(string label, int line)
    {
        long? number = NumberOf(label);
        long? named = column == LabelColumn.Index ? null : Named(label, number);
        long? indexed = column != LabelColumn.Name && number < _classes ? number : null;
        if ((named ?? indexed) is not { } found) { throw Unknown(label, line); }
        if (named is not null && indexed is not null && named != indexed)
        {
            string name = splits.ClassNames[(int)named], numbered = splits.ClassNames[(int)indexed];
            string asName = name == label ? "" : $"'{name}', ";
            string asNumber = label == FormattableString.Invariant($"{number}") ? "" : $"{number}, ";
            throw Ambiguous(line, $"{Visible.Shown(label)} may be {asName}the name of the class with number {named}, "
                + $"or {asNumber}the number of the class '{numbered}'");
        }
        bool guessed = column == LabelColumn.NameOrIndex && number is not null && named != indexed;
        if (guessed) { RequireOneReading(label, line, named is not null); }
        return found;
    }

    /// <summary>The class of this name, or of the one name that is the same number: a spreadsheet writes 01 as 1.</summary>
    private long? Named(string label, long? number)
    {
        int exact = splits.ClassNames.Index().Where(c => c.Item == label).Select(c => c.Index).DefaultIfEmpty(-1).First();
        if (exact >= 0) { return exact; }
        int[] equal = number is null ? [] : [.. splits.ClassNames.Index().Where(c => NumberOf(c.Item) == number).Select(c => c.Index)];
        return equal.Length == 1 ? equal[0] : null;
    }

    private static long? NumberOf(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    /// <summary>A file in which one number can only be a name and another only an index was meant as neither.</summary>
    private void RequireOneReading(string label, int line, bool isName)
    {
        if (isName) { _numberThatIsName ??= (label, line); }
        else { _numberThatIsIndex ??= (label, line); }
        if (_numberThatIsName is not { } name || _numberThatIsIndex is not { } index) { return; }
        throw Ambiguous(line, $"'{name.Text}' (line {name.Line}) can only be the name of a class "
            + $"and '{index.Text}' (line {index.Line}) only the number of one");
    }

    private InvalidInputException Ambiguous(int line, string what)
    {
        IEnumerable<string> first = splits.ClassNames.Take(4).Select((name, c) => $"{c} is '{name}'");
        string numbers = string.Join(", ", first) + (splits.ClassNames.Count > 4 ? ", …" : "");
        return new InvalidInputException($"{path}, line {line}: a label must mean one class of {splits.Name}, but {what}. "
            + $"Call the column 'class-name' if it holds names of classes, or 'class-index' if it holds their numbers ({numbers}).");
    }

    private InvalidInputException Unknown(string label, int line)
    {
        string numbers = $"0..{_classes - 1}", names = LabelFile.Listed(splits.ClassNames);
        string allowed = column switch
        {
            LabelColumn.Index => numbers,
            LabelColumn.Name => names,
            _ => splits.ClassNames.Count > 0 ? $"{names}, or {numbers}" : numbers,
        };
        string difference = column != LabelColumn.Index && NameDifference.From(label, splits.ClassNames) is { } d ? $" ({d})" : "";
        string shown = Visible.Shown(label) + difference;
        return new InvalidInputException(
            $"{path}, line {line}: a label must be a class of {splits.Name} ({allowed}), but is {shown}. Correct it.");
    }
}
