using System.Diagnostics.CodeAnalysis;

namespace Athanor.Tokenizers.Chat;

/// <summary>A dictionary that keeps the order of its keys; equal keys (1, 1.0 and True are equal) keep the first's place and take the last's value.</summary>
internal sealed class DictValue
{
    private readonly Dictionary<DictKey, int> _index = [];
    private readonly List<KeyValuePair<object?, object?>> _pairs = [];

    public IReadOnlyList<KeyValuePair<object?, object?>> Pairs => _pairs;

    public int Count => _pairs.Count;

    /// <summary>Only for the code that makes the dictionary: templates cannot change one.</summary>
    public void Set(object? key, object? value)
    {
        var hashed = DictKey.Of(key);
        if (_index.TryGetValue(hashed, out int at))
        {
            _pairs[at] = new(_pairs[at].Key, value);
            return;
        }
        _index.Add(hashed, _pairs.Count);
        _pairs.Add(new(key, value));
    }

    public bool TryGet(object? key, out object? value)
    {
        bool found = _index.TryGetValue(DictKey.Of(key), out int at);
        value = found ? _pairs[at].Value : null;
        return found;
    }
}

/// <summary>A value as a key: hashed and compared as Python does.</summary>
internal readonly struct DictKey : IEquatable<DictKey>
{
    private readonly object? _value;
    private readonly int _hash;

    private DictKey(object? value, int hash) => (_value, _hash) = (value, hash);

    public static DictKey Of(object? value) => new(value, Hash(value, 0));

    public bool Equals(DictKey other) => _hash == other._hash && PythonCompare.AreEqual(_value, other._value);

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is DictKey other && Equals(other);

    public override int GetHashCode() => _hash;

    private static int Hash(object? value, int depth)
    {
        switch (value)
        {
            case null: return 1;
            case string text: return string.GetHashCode(text, StringComparison.Ordinal);
            case bool or long: return PythonNumber.ToDouble(value).GetHashCode();
            case double number: return number.GetHashCode();
            case System.Numerics.BigInteger big: return ((double)big).GetHashCode();
            case TupleValue tuple when depth < PythonCompare.MaxDepth:
                var hash = new HashCode();
                foreach (object? item in tuple.Items)
                    hash.Add(Hash(item, depth + 1));
                return hash.ToHashCode();
            case TupleValue: throw new ChatTemplateLimitException("a key is nested too deeply.");
            case ListValue or DictValue or DictView or NamespaceValue: throw new ChatTemplateException($"unhashable type: '{PythonType.Name(value)}' cannot be a key.");
            case UndefinedValue: return 2;
            default: return value.GetHashCode();
        }
    }
}
