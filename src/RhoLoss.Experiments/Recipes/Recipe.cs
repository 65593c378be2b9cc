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
    /// <summary>Checks what only a comparison asks for: a baseline among the methods, and irreducible losses for those that score with them.</summary>
    /// <exception cref="InvalidInputException">The recipe cannot be compared; the message names the key and the fix.</exception>
    public void ValidateForComparison()
    {
        if (!Training.Methods.Contains(Report.Baseline, StringComparer.Ordinal))
            throw new InvalidInputException(
                $"Recipe {Name}: report.baseline must be one of training.methods ({string.Join(", ", Training.Methods)}), but is {Report.Baseline}. "
                + "Add it to training.methods or set report.baseline.");
        foreach (var method in Training.Methods)
            RequireHoldout(method);
    }

    /// <summary>Checks what only a single training run asks for: irreducible losses, when training.method scores with them.</summary>
    /// <exception cref="InvalidInputException">The method cannot be trained from this recipe; the message names the key and the fix.</exception>
    public void ValidateForTraining() => RequireHoldout(Training.Method);

    private void RequireHoldout(string method)
    {
        if (Methods.NeedsIrreducibleLosses(method) && Data.HoldoutFraction == 0 && !IrreducibleLoss.CrossFit)
            throw new InvalidInputException(
                $"Recipe {Name}: method {method} needs irreducible losses, but data.holdout-fraction is 0.0 and irreducible-loss.cross-fit is false. "
                + "Set data.holdout-fraction above 0 or irreducible-loss.cross-fit = true.");
    }
}
