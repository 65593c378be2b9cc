namespace RhoLoss.Datasets.Corpus;

/// <summary>One document as its file has it.</summary>
/// <param name="File">The file.</param>
/// <param name="Line">Line of a file of JSON lines, from 1; 0 where the file is the document.</param>
/// <param name="Text">Its text in UTF-8.</param>
internal readonly record struct Document(string File, int Line, ReadOnlyMemory<byte> Text);
