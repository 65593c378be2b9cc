namespace RhoLoss.Data;

/// <summary>Position of a sampler.</summary>
/// <param name="Epoch">Epoch of the next batch, from 0.</param>
/// <param name="Position">Ids of that epoch already handed out.</param>
/// <param name="Steps">Batches handed out so far, in all epochs.</param>
public readonly record struct SamplerState(int Epoch, int Position, long Steps);
