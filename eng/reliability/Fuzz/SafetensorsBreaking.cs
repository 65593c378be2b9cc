using System.Text;
using RhoLoss.Reliability.Formats;

namespace RhoLoss.Reliability.Fuzz;

/// <summary>
/// Breaks a safetensors file where its bytes stay consistent: names, types, shapes, sizes, values and metadata. Half the time its checksum
/// is made right again.
/// </summary>
internal static class SafetensorsBreaking
{
    private static readonly string[] Types = ["F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL", "F8_E4M3", "U16", ""];

    public static byte[] Break(Dice dice, byte[] right, byte[] other)
    {
        if (dice.Once(4)) { return Mutation.OfBytes(dice, right, other); }
        if (dice.Once(12)) { return BreakHeader(dice, right); }
        SafetensorsDraft draft = SafetensorsDraft.Parse(right);
        for (int changes = 1 + dice.Below(3); changes > 0; changes--)
        {
            if (draft.Tensors.Count > 0 && !dice.Once(3)) { BreakTensor(dice, draft); } else { BreakMetadata(dice, draft); }
        }
        if (dice.Once(8) && draft.Metadata.Remove(SafetensorsDraft.ChecksumKey, out string? checksum))
        {
            draft.Metadata[SafetensorsDraft.EarlierChecksumKey] = checksum;
        }
        byte[] bytes = draft.ToBytes(repairChecksum: dice.Once(2));
        return dice.Once(8) ? Mutation.OfBytes(dice, bytes, other) : bytes;
    }

    private static void BreakTensor(Dice dice, SafetensorsDraft draft)
    {
        int at = dice.Below(draft.Tensors.Count);
        DraftTensor tensor = draft.Tensors[at];
        int length = tensor.Bytes.Length;
        switch (dice.Below(10))
        {
            case 0: draft.Tensors.RemoveAt(at); break;
            case 1: draft.Tensors[at] = tensor with { Name = dice.Once(2) ? dice.Of(draft.Tensors).Name : dice.Text() }; break;
            case 2: draft.Tensors[at] = tensor with { Type = dice.Of(Types) }; break;
            case 3: draft.Tensors[at] = tensor with { Type = "U8", Shape = [length] }; break;
            case 4: draft.Tensors[at] = tensor with { Shape = [1, .. tensor.Shape] }; break;
            case 5:
                long[] shape = [.. tensor.Shape.Select(size => dice.Once(2) ? dice.Number(size) : size)];
                draft.Tensors[at] = tensor with { Shape = shape };
                break;
            case 6:
                int elements = (int)tensor.Shape.Aggregate(1L, (a, b) => a * b);
                draft.Tensors[at] = Resized(tensor, length / Math.Max(1, elements), dice);
                break;
            case 7: draft.Tensors[at] = tensor with { Bytes = dice.Bytes(length) }; break;
            case 8: draft.Tensors[at] = tensor with { Shape = dice.Once(2) ? [0, dice.Number()] : [0], Bytes = [] }; break;
            default:
                byte[] bytes = [.. tensor.Bytes];
                if (length >= 8) { BitConverter.TryWriteBytes(bytes.AsSpan(8 * dice.Below(length / 8)), dice.Number()); }
                draft.Tensors[at] = tensor with { Bytes = bytes };
                break;
        }
    }

    /// <summary>Another number of elements on one axis, so that type, shape and bytes still agree.</summary>
    private static DraftTensor Resized(DraftTensor tensor, int elementBytes, Dice dice)
    {
        int elements = dice.Below(2) == 0 ? dice.Below(4) : dice.Below(1 + tensor.Bytes.Length / Math.Max(1, elementBytes));
        byte[] bytes = new byte[elements * elementBytes];
        tensor.Bytes.AsSpan(0, Math.Min(bytes.Length, tensor.Bytes.Length)).CopyTo(bytes);
        return tensor with { Shape = [elements], Bytes = bytes };
    }

    private static void BreakMetadata(Dice dice, SafetensorsDraft draft)
    {
        if (draft.Metadata.Count == 0 || dice.Once(6))
        {
            draft.Metadata[dice.Text()] = dice.Text();
            return;
        }
        string key = dice.Of([.. draft.Metadata.Keys]);
        switch (dice.Below(4))
        {
            case 0: draft.Metadata.Remove(key); break;
            case 1:
                byte[] value = Encoding.UTF8.GetBytes(draft.Metadata[key]), other = Encoding.UTF8.GetBytes(dice.Text() + " ");
                draft.Metadata[key] = Encoding.UTF8.GetString(Mutation.OfBytes(dice, value, other));
                break;
            default: draft.Metadata[key] = dice.Text(); break;
        }
    }

    /// <summary>The header as text, with a length that is right for it: deeper than a flipped bit gets.</summary>
    private static byte[] BreakHeader(Dice dice, byte[] right)
    {
        int length = (int)BitConverter.ToInt64(right);
        byte[] header = Mutation.OfText(dice, right[8..(8 + length)], right, ["dtype", "shape", "data_offsets", "__metadata__", "\"F32\"",
            "[0,0]", "null", "-1"]);
        return [.. BitConverter.GetBytes((long)header.Length), .. header, .. right.AsSpan(8 + length)];
    }
}
