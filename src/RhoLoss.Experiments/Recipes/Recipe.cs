namespace RhoLoss.Experiments.Recipes;

/// <summary>
/// One run, fully described: what is trained on what, how, and what is reported. The keys of the TOML file are the
/// property names in kebab-case; their defaults, rules and meanings stand in <see cref="RecipeKeys"/>.
/// </summary>
public sealed record Recipe(
    string Name,
    DataSection Data,
    NoiseSection Noise,
    ModelSection Model,
    IrreducibleLossSection IrreducibleLoss,
    TrainingSection Training,
    OptimizerSection Optimizer,
    ScoringSection Scoring,
    CheckpointSection Checkpoints,
    ReportSection Report,
    MachineSection Machine)
{
    /// <summary>Checks what only a comparison asks for: a baseline among the methods.</summary>
    /// <exception cref="InvalidInputException">The recipe cannot be compared; the message names the key and the fix.</exception>
    public void ValidateForComparison()
    {
        if (!Training.Methods.Contains(Report.Baseline, StringComparer.Ordinal))
            throw new InvalidInputException(
                $"Recipe {Name}: report.baseline must be one of training.methods ({string.Join(", ", Training.Methods)}), but is {Report.Baseline}. "
                + "Add it to training.methods or set report.baseline.");
    }
}
