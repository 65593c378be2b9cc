using System.Globalization;
using System.Xml.Linq;

namespace RhoLoss.Reliability.Fuzz;

/// <summary><c>coverage FILE</c>: the lines of each reader's source files that a run reached, from a report of eng/coverage.</summary>
internal static class CoverageCommand
{
    /// <summary>The least share of its lines that a reader must have reached.</summary>
    private const double Least = 0.9;

    /// <summary>Prints a row for each file; 0 when each reader has reached enough.</summary>
    public static int Run(string report, TextWriter output)
    {
        XElement[] types = [.. XDocument.Load(report).Descendants("class")];
        ILookup<string, (int Line, bool Hit)> lines = types.SelectMany(type =>
            type.Element("lines")!.Elements("line").Select(line => (File: (string)type.Attribute("filename")!,
                Line: (int)line.Attribute("number")!, Hit: (int)line.Attribute("hits")! > 0)))
            .ToLookup(line => line.File.Replace('\\', '/'), line => (line.Line, line.Hit), StringComparer.Ordinal);
        output.WriteLine("| reader | file | lines | reached | share | not reached |");
        output.WriteLine("| --- | --- | --: | --: | --: | --- |");
        bool enough = true;
        foreach (string name in AllReaders.Names)
        {
            using FuzzReader reader = AllReaders.Create(name);
            (int all, int reached) = (0, 0);
            foreach (string source in reader.Sources)
            {
                HashSet<int> notReading = [.. NotReading(types, reader, source)];
                // A line is in several classes where it holds a lambda or an iterator.
                (int Line, bool Hit)[] of = [.. lines.Where(file => file.Key.EndsWith(source, StringComparison.Ordinal))
                    .SelectMany(file => file)
                    .Where(line => !notReading.Contains(line.Line)).GroupBy(line => line.Line).Select(line => (line.Key,
                        line.Any(l => l.Hit))).OrderBy(line => line.Key)];
                int hit = of.Count(line => line.Hit);
                (all, reached) = (all + of.Length, reached + hit);
                string missed = string.Join(' ', of.Where(line => !line.Hit)
                    .Select(line => line.Line.ToString(CultureInfo.InvariantCulture)));
                output.WriteLine(
                    FormattableString.Invariant($"| {name} | {Path.GetFileName(source)} | {of.Length} | {hit} | ")
                    + FormattableString.Invariant($"{Percent(hit, of.Length)} | {missed} |"));
            }
            output.WriteLine(FormattableString.Invariant($"| **{name}** | | {all} | {reached} | **{Percent(reached, all)}** | |"));
            enough &= reached >= Least * all && all > 0;
        }
        return enough ? 0 : 1;
    }

    /// <summary>Lines of members that write; those of their lambdas are in methods called after them.</summary>
    private static IEnumerable<int> NotReading(XElement[] types, FuzzReader reader, string source)
    {
        string[] members = [.. reader.NotReading.Select(name => name.Split(':')).Where(name => source.EndsWith("/" + name[0],
            StringComparison.Ordinal)).Select(name => name[1])];
        bool Is(string name, string member) => name == member || name.Contains($"<{member}>", StringComparison.Ordinal);
        // Iterators and lambdas are types of their own, named after their member.
        return types.Where(type => FileOf(type).EndsWith(source, StringComparison.Ordinal)).SelectMany(type =>
            members.Any(member => Is((string)type.Attribute("name")!, member))
                ? LinesOf(type)
                : type.Element("methods")!.Elements("method").Where(method => members.Any(member => Is((string)method.Attribute("name")!,
                    member))).SelectMany(LinesOf));
    }

    private static string FileOf(XElement type) => ((string)type.Attribute("filename")!).Replace('\\', '/');

    private static IEnumerable<int> LinesOf(XElement part) => part.Element("lines")!.Elements("line")
        .Select(line => (int)line.Attribute("number")!);

    private static string Percent(int part, int all) => all == 0 ? "no lines" : FormattableString.Invariant($"{100.0 * part / all:0.0} %");
}
