namespace Athanor.Runs.Settings;

/// <summary>An abstract record or an interface of which <c>kind:</c> chooses a sealed one.</summary>
internal sealed class UnionShape(Type type) : ValueShape(type)
{
    public const string Discriminator = "kind";
    private readonly Dictionary<string, RecordShape> _variants = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, RecordShape> Variants => _variants;

    public override string Noun => $"a map whose kind is one of {string.Join(", ", _variants.Keys)}, or that word alone";

    public void Add(string kind, RecordShape variant)
    {
        if (!Type.IsAssignableFrom(variant.Type))
            throw new ArgumentException($"{variant.Type} is no {Type}.");
        if (!_variants.TryAdd(kind, variant))
            throw new ArgumentException($"{Type} has two variants '{kind}'.");
    }

    public (string Kind, RecordShape Shape) Of(object value)
    {
        foreach ((string kind, RecordShape shape) in _variants)
        {
            if (shape.Type == value.GetType())
                return (kind, shape);
        }
        throw new ArgumentException($"{value.GetType()} is no registered variant of {Type}.");
    }
}
