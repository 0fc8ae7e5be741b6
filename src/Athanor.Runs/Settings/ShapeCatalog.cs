using System.Reflection;

namespace Athanor.Runs.Settings;

/// <summary>The shapes of all types that a vocabulary's records hold.</summary>
internal sealed class ShapeCatalog
{
    private static readonly Type[] ListTypes = [typeof(IReadOnlyList<>), typeof(IReadOnlyCollection<>), typeof(IEnumerable<>), typeof(IList<>), typeof(List<>)];
    private static readonly Type[] MapTypes = [typeof(IReadOnlyDictionary<,>), typeof(IDictionary<,>), typeof(Dictionary<,>)];
    private readonly Dictionary<Type, ValueShape> _shapes = [];
    private readonly List<(Type Base, string Kind, Type Variant)> _added = [];

    /// <summary>The shape of a settings record.</summary>
    public RecordShape Record(Type type) => Shape(type, null) as RecordShape ?? throw new ArgumentException($"{type} must be a sealed record.");

    /// <summary>Adds a variant that the base does not name itself.</summary>
    public void AddVariant(Type @base, string kind, Type variant)
    {
        _added.Add((@base, kind, variant));
        if (_shapes.GetValueOrDefault(@base) is UnionShape union)
            union.Add(kind, Record(variant));
    }

    public ElementShape Element(NullabilityInfo info)
    {
        Type type = info.Type;
        bool nullable = Nullable.GetUnderlyingType(type) is not null || (!type.IsValueType && info.ReadState == NullabilityState.Nullable);
        return new ElementShape(Shape(Nullable.GetUnderlyingType(type) ?? type, info), nullable, type);
    }

    private ValueShape Shape(Type type, NullabilityInfo? info)
    {
        if (_shapes.TryGetValue(type, out ValueShape? known))
            return known;
        if (Scalar(type) is { } form)
            return _shapes[type] = new ScalarShape(type, form);
        if (type.IsEnum)
            return _shapes[type] = new EnumShape(type);
        // Whether elements may be null is not part of the type, so these are not kept.
        if (type.IsArray)
            return new ListShape(type, Inner(type.GetElementType()!, info?.ElementType));
        if (type.IsGenericType && ListTypes.Contains(type.GetGenericTypeDefinition()))
            return new ListShape(type, Inner(type.GetGenericArguments()[0], info?.GenericTypeArguments[0]));
        if (type.IsGenericType && MapTypes.Contains(type.GetGenericTypeDefinition()) && type.GetGenericArguments()[0] == typeof(string))
            return new MapShape(type, Inner(type.GetGenericArguments()[1], info?.GenericTypeArguments[1]));
        if ((type.IsClass && type.IsAbstract) || (type.IsInterface && _added.Any(added => added.Base == type)))
        {
            var union = new UnionShape(type);
            _shapes[type] = union;
            foreach (VariantAttribute variant in type.GetCustomAttributes<VariantAttribute>(inherit: false))
                union.Add(variant.Kind, Record(variant.Type));
            foreach ((_, string kind, Type variant) in _added.Where(added => added.Base == type))
                union.Add(kind, Record(variant));
            return union;
        }
        if (!type.IsClass)
            throw new ArgumentException($"A setting cannot be {type}: it is no number, text, enum, duration, path, list, map or sealed record.");
        var record = new RecordShape(type);
        _shapes[type] = record;
        record.Complete(this);
        return record;
    }

    private ElementShape Inner(Type type, NullabilityInfo? info) =>
        info is not null ? Element(info) : new ElementShape(Shape(Nullable.GetUnderlyingType(type) ?? type, null), Nullable.GetUnderlyingType(type) is not null, type);

    private static ScalarForm? Scalar(Type type) => Type.GetTypeCode(type) switch
    {
        _ when type.IsEnum => null,
        TypeCode.Boolean => ScalarForm.Bool,
        TypeCode.Byte or TypeCode.SByte or TypeCode.Int16 or TypeCode.UInt16 or TypeCode.Int32 or TypeCode.UInt32 or TypeCode.Int64 or TypeCode.UInt64 => ScalarForm.Integer,
        TypeCode.Single or TypeCode.Double or TypeCode.Decimal => ScalarForm.Number,
        TypeCode.String => ScalarForm.Text,
        _ when type == typeof(TimeSpan) => ScalarForm.Duration,
        _ when type == typeof(RecipePath) => ScalarForm.Path,
        _ => null,
    };
}
