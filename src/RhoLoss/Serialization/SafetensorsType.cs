using static TorchSharp.torch;

namespace RhoLoss.Serialization;

/// <summary>A number type of the safetensors format.</summary>
/// <param name="Name">Its name in the format.</param>
/// <param name="Bits">Bits of one element; below 8 several elements share a byte.</param>
/// <param name="Tensor">The type of tensors of it; null where TorchSharp has none, so that such tensors cannot be read.</param>
internal sealed record SafetensorsType(string Name, int Bits, ScalarType? Tensor)
{
    /// <summary>All types of the format, as its reference implementation of version 0.7 lists them.</summary>
    private static readonly SafetensorsType[] All =
    [
        new("F64", 64, ScalarType.Float64), new("F32", 32, ScalarType.Float32), new("F16", 16, ScalarType.Float16),
        new("BF16", 16, ScalarType.BFloat16), new("I64", 64, ScalarType.Int64), new("I32", 32, ScalarType.Int32),
        new("I16", 16, ScalarType.Int16), new("I8", 8, ScalarType.Int8), new("U8", 8, ScalarType.Byte), new("BOOL", 8, ScalarType.Bool),
        new("U64", 64, null), new("U32", 32, null), new("U16", 16, null), new("C64", 64, null),
        new("F8_E4M3", 8, null), new("F8_E5M2", 8, null), new("F8_E8M0", 8, null),
        new("F6_E2M3", 6, null), new("F6_E3M2", 6, null), new("F4", 4, null),
    ];

    private static readonly Dictionary<string, SafetensorsType> ByName = All.ToDictionary(type => type.Name, StringComparer.Ordinal);

    private static readonly Dictionary<ScalarType, string> Names =
        All.Where(type => type.Tensor is not null).ToDictionary(type => type.Tensor!.Value, type => type.Name);

    /// <summary>The type of that name; null if the format has none.</summary>
    public static SafetensorsType? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Name of a tensor's type; null if the format has none for it.</summary>
    public static string? NameOf(ScalarType type) => Names.GetValueOrDefault(type);
}
