#!/usr/bin/env dotnet
// Makes the built-in data set: a class-balanced part of Fashion-MNIST, small enough for the repository.
//
//   dotnet run eng/make-fashion-mnist-subset.cs -- [SOURCE_DIR] [OUTPUT_DIR]
//
// SOURCE_DIR holds the four official files (default: Debian's package dataset-fashion-mnist); OUTPUT_DIR defaults to
// src/RhoLoss.Datasets/Embedded/fashion-mnist-subset below the current folder. Running it again gives the same bytes.
//
// Which examples: from the training file, in file order, the first TrainingExamples/10 of each class are the training part and the
// next HoldoutExamples/10 the holdout part; from the test file the first TestExamples/10 of each class. Parts keep file order.
#:project ../src/RhoLoss.Datasets/RhoLoss.Datasets.csproj
// Files are bytes here and no tensor is made, so the native library and its fix for older Linux are not needed.
#:property RhoLossRelaxNativeLibrary=false
#:property PublishAot=false

using System.Security.Cryptography;
using RhoLoss.Datasets.Idx;

const int TrainingExamples = 10_000;
const int HoldoutExamples = 10_000;
const int TestExamples = 5_000;
const int Classes = 10;
const long LargestTotal = 12_000_000;

string source = args.Length > 0 ? args[0] : "/usr/share/datasets/fashion-mnist";
string output = args.Length > 1 ? args[1] : Path.Combine("src", "RhoLoss.Datasets", "Embedded", "fashion-mnist-subset");
Directory.CreateDirectory(output);

(byte[] images, byte[] labels) = Read("train");
Write("training", images, labels, skipPerClass: 0, TrainingExamples / Classes);
Write("holdout", images, labels, skipPerClass: TrainingExamples / Classes, HoldoutExamples / Classes);
(images, labels) = Read("t10k");
Write("test", images, labels, skipPerClass: 0, TestExamples / Classes);

long total = 0;
foreach (string file in Directory.EnumerateFiles(output, "*.gz").Order(StringComparer.Ordinal))
{
    long size = new FileInfo(file).Length;
    total += size;
    Console.WriteLine($"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}  {Path.GetFileName(file)}  {size:N0} bytes");
}
Console.WriteLine($"{total:N0} bytes in all");
if (total >= LargestTotal)
{
    Console.Error.WriteLine(
        $"The files must have less than {LargestTotal:N0} bytes together, but have {total:N0}. Make the parts smaller.");
    return 1;
}
return 0;

(byte[] Images, byte[] Labels) Read(string part)
{
    IdxArray imageFile = IdxArray.Read(Path.Combine(source, $"{part}-images-idx3-ubyte.gz"));
    IdxArray labelFile = IdxArray.Read(Path.Combine(source, $"{part}-labels-idx1-ubyte.gz"));
    if (imageFile.Dimensions is not [_, 28, 28] || labelFile.Dimensions.Count != 1 || imageFile.Dimensions[0] != labelFile.Dimensions[0])
    {
        throw new InvalidDataException(
            $"{source}: the {part} files must be N images of 28×28 and N labels. Give the folder of Fashion-MNIST.");
    }
    return (imageFile.Payload, labelFile.Payload);
}

void Write(string part, byte[] fromImages, byte[] fromLabels, int skipPerClass, int takePerClass)
{
    const int Pixels = 28 * 28;
    var seen = new int[Classes];
    var pixels = new List<byte>(takePerClass * Classes * Pixels);
    var chosen = new List<byte>(takePerClass * Classes);
    for (int i = 0; i < fromLabels.Length; i++)
    {
        int position = seen[fromLabels[i]]++;
        if (position < skipPerClass || position >= skipPerClass + takePerClass) { continue; }
        pixels.AddRange(fromImages.AsSpan(i * Pixels, Pixels));
        chosen.Add(fromLabels[i]);
    }
    if (chosen.Count != takePerClass * Classes)
    {
        throw new InvalidDataException($"{source}: the {part} part needs {skipPerClass + takePerClass} examples of each class, "
            + "but a class has fewer. Make the parts smaller.");
    }
    IdxFile.WriteImages(Path.Combine(output, $"{part}-images-idx3-ubyte.gz"), pixels.ToArray(), 28, 28);
    IdxFile.WriteLabels(Path.Combine(output, $"{part}-labels-idx1-ubyte.gz"), chosen.ToArray());
}
