namespace RhoLoss.Reliability.Formats;

/// <summary>One tensor of a <see cref="SafetensorsDraft"/>; nothing about it has to be true.</summary>
/// <param name="Name">Name.</param>
/// <param name="Type">Type in the words of the format: <c>F32</c>.</param>
/// <param name="Shape">Sizes.</param>
/// <param name="Bytes">The data.</param>
internal sealed record DraftTensor(string Name, string Type, long[] Shape, byte[] Bytes);
