using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>How scores become a batch: the largest, or a random draw that prefers large ones. Derive from it for another way.</summary>
/// <example>
/// The largest of a random half:
/// <code>
/// public sealed record LargestOfHalf : Drawing
/// {
///     public override Drawn Draw(Tensor scores, int count, Generator random)
///     {
///         long n = scores.shape[0], half = Math.Max(count, n / 2);
///         Tensor offered = randperm(n, dtype: int64, generator: random).slice(0, 0, half, 1).to(scores.device);
///         Tensor order = scores.index_select(0, offered).sort(descending: true).Indices;
///         return new Drawn(offered.index_select(0, order.slice(0, 0, count, 1)));
///     }
/// }
/// </code>
/// </example>
public abstract record Drawing
{
    /// <summary>Chooses among candidates by their scores. Called without gradients, in a dispose scope.</summary>
    /// <param name="scores">Scores, all finite, shape [n].</param>
    /// <param name="count">k, how many to choose; at least 1 and at most n.</param>
    /// <param name="random">Of the host, and of this step: a function of the selector's seed and the number of the step.</param>
    /// <returns>k positions among the candidates and, where the losses are to be weighted, their factors.</returns>
    public abstract Drawn Draw(Tensor scores, int count, Generator random);

    /// <summary>Refuses values out of range; called once, by the selector that draws so.</summary>
    /// <exception cref="ArgumentException">A value breaks its rule.</exception>
    public virtual void Validate() { }

    /// <summary>Draws, and refuses what a drawing of a user's own must not return.</summary>
    /// <exception cref="InvalidOperationException">Positions or weights are not k, or a position is outside the candidates.</exception>
    internal Drawn DrawChecked(Tensor scores, int count, Generator random)
    {
        Drawn drawn = Draw(scores, count, random);
        if (GetType().Assembly == typeof(Drawing).Assembly) { return drawn; }   // those of the library are tested
        long n = scores.shape[0];
        if (drawn.Positions.dtype != int64 || drawn.Positions.dim() != 1 || drawn.Positions.shape[0] != count)
        {
            throw new InvalidOperationException(
                $"A drawing must return int64 positions of shape [{count}], but {GetType().Name} returned "
                + $"{drawn.Positions.dtype} of shape [{string.Join(", ", drawn.Positions.shape)}].");
        }
        if (drawn.Positions.lt(Scalars.Zero).logical_or(drawn.Positions.ge(Scalars.Of(n))).any().item<bool>())
        {
            throw new InvalidOperationException(
                $"A drawing must return positions in 0..{n - 1}, but those of {GetType().Name} range over "
                + $"{drawn.Positions.min().item<long>()}..{drawn.Positions.max().item<long>()}.");
        }
        if (drawn.Weights is { } weights && (weights.dim() != 1 || weights.shape[0] != count))
        {
            throw new InvalidOperationException(
                $"A drawing must return weights of shape [{count}], one for each position, but those of {GetType().Name} "
                + $"have shape [{string.Join(", ", weights.shape)}].");
        }
        return drawn;
    }

    private protected static void Require(bool holds, string rule, double value)
    {
        if (holds) { return; }
        throw new ArgumentException(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{rule}, but was {value}."));
    }

    private protected static void RequireNotNegative(Tensor scores, string who)
    {
        if (Scalars.ToDouble(scores.min()) >= 0) { return; }
        throw new InvalidOperationException(
            $"{who} needs scores that are not negative, but the selection function gave a negative one.");
    }
}

/// <summary>What was drawn.</summary>
/// <param name="Positions">Position of each chosen candidate among the scores, int64, shape [k].</param>
/// <param name="Weights">Factor of each one's loss, float32, shape [k]; null when all are 1.</param>
public readonly record struct Drawn(Tensor Positions, Tensor? Weights = null);
