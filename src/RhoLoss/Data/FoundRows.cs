using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>Rows that are known of some ids, so that each part that keeps a column beside the data need not look them up again.</summary>
/// <param name="Index">Where they were found: of no use to any other (<see cref="ExampleIndex.Knows"/>).</param>
/// <param name="Ids">Whose rows they are; what carries other ids by now has no use for them either.</param>
/// <param name="Rows">int64, shape [n], in the order of the ids; of no use any longer where a scope has disposed of it.</param>
internal sealed record FoundRows(ExampleIndex Index, Tensor Ids, Tensor Rows)
{
    /// <summary>Those at these positions (int64, shape [k]), which have these ids.</summary>
    public FoundRows At(Tensor positions, Tensor ids) =>
        this with { Ids = ids, Rows = ReferenceEquals(Ids, Rows) ? ids : Rows.index_select(0, positions) };
}
