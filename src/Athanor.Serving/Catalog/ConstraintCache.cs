using Athanor.Inference.Constraints;
using Athanor.Tokenizers;

namespace Athanor.Serving.Catalog;

/// <summary>Keeps the constraints that were asked for last: compiling takes milliseconds and more, and each learns about tokens as it is used.</summary>
internal sealed class ConstraintCache(Tokenizer tokenizer, IReadOnlyList<int>? endTokens)
{
    private const int Most = 24;
    private const long BytesOfEach = 8L << 20;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<(string Key, CompiledConstraint Constraint)>> _found = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Key, CompiledConstraint Constraint)> _newest = new();

    /// <summary>The constraint of a key.</summary>
    /// <param name="key">All that it depends on.</param>
    /// <param name="compile">Makes it where it is not kept; two requests may do so at once.</param>
    public CompiledConstraint Get(string key, Func<Tokenizer, ConstraintOptions, CompiledConstraint> compile)
    {
        lock (_lock)
        {
            if (_found.TryGetValue(key, out LinkedListNode<(string, CompiledConstraint Constraint)>? node))
            {
                _newest.Remove(node);
                _newest.AddFirst(node);
                return node.Value.Constraint;
            }
        }
        CompiledConstraint made = compile(tokenizer, new ConstraintOptions { EndTokens = endTokens, MaxCacheBytes = BytesOfEach });
        lock (_lock)
        {
            if (_found.TryAdd(key, _newest.AddFirst((key, made))) && _newest.Count > Most)
            {
                _found.Remove(_newest.Last!.Value.Key);
                _newest.RemoveLast();
            }
            else if (_newest.Count > _found.Count)
            {
                _newest.RemoveFirst();
            }
        }
        return made;
    }
}
