using RhoLoss.Data;

namespace RhoLoss.Experiments.Registry;

/// <summary>What a network is made for, and what a recipe says of it.</summary>
/// <param name="InputShape">Shape of one input as the network gets it.</param>
/// <param name="Classes">C.</param>
/// <param name="Seed">Of its initialisation.</param>
/// <param name="Hidden">Widths of hidden layers; read where the row says that it has widths.</param>
/// <param name="Dropout">Rate of dropout; read where the row says that it has dropout.</param>
/// <param name="Tokens">Vocabulary of the data; there where the network reads text.</param>
public sealed record ModelRequest(
    IReadOnlyList<long> InputShape, int Classes, long Seed, IReadOnlyList<int> Hidden, double Dropout, TokenVocabulary? Tokens);
