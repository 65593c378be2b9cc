namespace RhoLoss.Experiments.Recipes;

/// <summary>How the step size decays within the budget: <c>optimizer.schedule</c>.</summary>
public enum ScheduleChoice
{
    /// <summary>Not at all.</summary>
    Constant,

    /// <summary>Linearly to 0, after a warm-up.</summary>
    Linear,

    /// <summary>Along half a cosine to 0, after a warm-up.</summary>
    Cosine,
}
