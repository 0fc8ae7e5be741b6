using Athanor.Tensors.Safetensors;

namespace Athanor.Models.HuggingFace;

/// <summary>
/// Finds a family's tensors in a set of files: under the full name, or without the prefix of the base model, as the files of models published without a head
/// have them.
/// </summary>
internal sealed class FileNames(Family family, SafetensorsSet set)
{
    public bool Has(string name) => TryFind(name, out _, out _);

    public bool TryFind(string name, out SafetensorsFile file, out SafetensorsEntry entry) =>
        set.TryFind(name, out file, out entry) || (family.Prefix.Length > 0 && name.StartsWith(family.Prefix, StringComparison.Ordinal) && set.TryFind(name[family.Prefix.Length..], out file, out entry));

    /// <summary>The names in the files that the map does not use.</summary>
    public IEnumerable<string> Unused(WeightMap map)
    {
        var left = new SortedSet<string>(set.Names, StringComparer.Ordinal);
        foreach (FileTensor tensor in map.Tensors)
        {
            if (TryFind(tensor.Name, out _, out SafetensorsEntry entry))
                left.Remove(entry.Name);
        }
        return left;
    }

    /// <summary>Whether two tensors hold the same.</summary>
    public bool SameBytes(string first, string second)
    {
        if (!TryFind(first, out SafetensorsFile a, out SafetensorsEntry one) || !TryFind(second, out SafetensorsFile b, out SafetensorsEntry other))
            return false;
        if (one.Type != other.Type || !one.Shape.AsSpan().SequenceEqual(other.Shape.AsSpan()))
            return false;
        const int part = 1 << 28;
        for (long done = 0; done < one.Length; done += part)
        {
            int length = (int)Math.Min(part, one.Length - done);
            if (!a.Bytes(one, done, length).SequenceEqual(b.Bytes(other, done, length)))
                return false;
        }
        return true;
    }
}
