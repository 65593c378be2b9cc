using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace RhoLoss.Tests;

/// <summary>The examples of the documentation compile, each by itself, with the variables that a reader would have.</summary>
public sealed class ExampleCodeTests
{
    private const string Given = """
        using System;
        using System.Collections.Generic;
        using System.IO;
        using System.Linq;
        using RhoLoss;
        using RhoLoss.Data;
        using RhoLoss.Datasets.Corruption;
        using RhoLoss.Logging;
        using RhoLoss.Models;
        using RhoLoss.Objectives;
        using RhoLoss.Optimization;
        using RhoLoss.Pretrained;
        using RhoLoss.Randomness;
        using RhoLoss.Selection;
        using RhoLoss.Selection.Gate;
        using RhoLoss.Selection.Scoring;
        using RhoLoss.Serialization;
        using RhoLoss.Training;
        using TorchSharp;
        using static TorchSharp.torch;

        public static class Surroundings
        {
            public static nn.Module<Tensor, Tensor> model = null!, smallModel = null!, sameArchitecture = null!;
            public static LabeledDataset data = null!, holdout = null!, test = null!;
            public static IrreducibleLosses losses = null!;
            public static ShuffledSampler sampler = null!;
            public static Trainer trainer = null!;
            public static Batch batch = null!;
        }
        """;

    private static readonly string[] Assemblies = ["RhoLoss", "RhoLoss.Models", "RhoLoss.Logging", "RhoLoss.Datasets"];

    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetExtension(path) == ".dll").Select(path => MetadataReference.CreateFromFile(path)),
    ];

    public static TheoryData<string> Members => [.. Examples().Select(example => example.Member)];

    [Theory]
    [MemberData(nameof(Members))]
    public void The_example_of_a_member_compiles(string member)
    {
        CompilationUnitSyntax example = SyntaxFactory.ParseCompilationUnit(Examples().Single(e => e.Member == member).Code);
        // A program has its statements before its types; an example may show them in either order.
        MemberDeclarationSyntax[] statements = [.. example.Members.Where(m => m is GlobalStatementSyntax)];
        string code = example.WithMembers([.. statements, .. example.Members.Except(statements)]).ToFullString();
        OutputKind kind = statements.Length > 0 ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary;
        var compilation = CSharpCompilation.Create(
            "Example", [CSharpSyntaxTree.ParseText(Given), Usings(), CSharpSyntaxTree.ParseText(code)], References,
            new CSharpCompilationOptions(kind, nullableContextOptions: NullableContextOptions.Enable));
        compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.ToString()).ShouldBeEmpty();
    }

    [Fact]
    public void What_users_call_first_has_an_example()
    {
        string[] members = [.. Examples().Select(example => example.Member)];
        string[] first =
        [
            "Training.Trainer", "Training.HoldoutTraining", "Training.CrossFit", "Training.Evaluator", "Training.CheckpointStore",
            "Selection.BatchSelector", "Selection.IrreducibleLosses", "Selection.Candidates.Of", "Selection.Drawing",
            "Data.ShuffledSampler", "Data.LabeledDataset.FromRows", "Objectives.Objective", "Optimization.FlatParameters",
            "Logging.RunLogs",
        ];
        first.Where(name => !members.Any(member => member.Contains($"RhoLoss.{name}", StringComparison.Ordinal))).ShouldBeEmpty();
    }

    [Fact]
    public void The_language_model_of_the_guide_is_the_example_of_its_class()
    {
        static string Lines(string code) => string.Join('\n', code.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0));
        string guide = Lines(File.ReadAllText(Path.Combine(PackageTests.Root(), "docs", "library.md")));
        guide.ShouldContain(Lines(Examples().Single(e => e.Member == "T:RhoLoss.Models.CausalTransformer").Code), Case.Sensitive);
    }

    /// <summary>The usings of the surroundings for the example too.</summary>
    private static SyntaxTree Usings()
    {
        IEnumerable<string> lines = Given.Split('\n').Where(line => line.StartsWith("using ", StringComparison.Ordinal))
            .Append("using static Surroundings;").Select(line => $"global {line.Trim()}");
        return CSharpSyntaxTree.ParseText(string.Join('\n', lines));
    }

    private static IEnumerable<(string Member, string Code)> Examples() =>
        Assemblies.SelectMany(name => XDocument.Load(Path.Combine(AppContext.BaseDirectory, $"{name}.xml")).Descendants("member"))
            .SelectMany(member => member.Elements("example").Elements("code")
                .Select((code, i) => (Member: $"{member.Attribute("name")!.Value}{(i == 0 ? "" : $" ({i + 1})")}", Code: code.Value)));
}
