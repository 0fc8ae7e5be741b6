using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Athanor.Tokenizers;

namespace Athanor.Inference.Constraints;

/// <summary>A node of the trie in preorder: the byte that leads to it, how deep it lies, and the node behind all that lie below it.</summary>
internal readonly record struct TrieNode(int Skip, ushort Depth, byte Value);

/// <summary>The bytes of all tokens that are text, as a trie: tokens that begin alike are tried together.</summary>
internal sealed class TokenTrie
{
    private const int MaxKnown = 8;

    private static readonly ConditionalWeakTable<Tokenizer, ConcurrentDictionary<string, TokenTrie>> s_known = [];

    private readonly byte[]?[] _texts;
    private readonly int[] _tokenStarts, _tokens;
    private readonly ushort[] _deepest;
    private readonly uint[]?[] _shorter;

    private TokenTrie(byte[]?[] texts)
    {
        _texts = texts;
        int[] ids = [.. Enumerable.Range(0, texts.Length).Where(id => texts[id] is { Length: > 0 and <= ushort.MaxValue })];
        Array.Sort(ids, (x, y) => texts[x].AsSpan().SequenceCompareTo(texts[y]) is not 0 and int order ? order : x.CompareTo(y));
        List<(int Depth, byte Value, int First)> nodes = [];
        byte[] last = [];
        for (int i = 0; i < ids.Length; i++)
        {
            byte[] text = texts[ids[i]]!;
            for (int depth = text.AsSpan().CommonPrefixLength(last); depth < text.Length; depth++)
                nodes.Add((depth + 1, text[depth], depth + 1 == text.Length ? i : -1));
            last = text;
            Longest = Math.Max(Longest, text.Length);
        }
        _tokens = ids;
        Nodes = new TrieNode[nodes.Count];
        _tokenStarts = new int[nodes.Count + 1];
        _tokenStarts[^1] = ids.Length;
        _deepest = new ushort[nodes.Count];
        _shorter = new uint[]?[Longest + 2];
        var open = new int[Longest + 2];   // per depth, the next node that is not deeper
        Array.Fill(open, nodes.Count);
        for (int node = nodes.Count - 1; node >= 0; node--)
        {
            (int depth, byte value, int first) = nodes[node];
            Nodes[node] = new TrieNode(open[depth], (ushort)depth, value);
            _tokenStarts[node] = _tokenStarts[node + 1];
            if (first >= 0)
                _tokenStarts[node] = first;
            // Deeper nodes before this one end at it.
            for (int deeper = depth; deeper < open.Length && open[deeper] != node; deeper++)
                open[deeper] = node;
            _deepest[node] = (ushort)depth;
            for (int child = node + 1; child < Nodes[node].Skip; child = Nodes[child].Skip)
                _deepest[node] = Math.Max(_deepest[node], _deepest[child]);
        }
    }

    /// <summary>One more than the highest id.</summary>
    public int Width => _texts.Length;

    /// <summary>The bytes of the longest token.</summary>
    public int Longest { get; }

    public TrieNode[] Nodes { get; }

    /// <summary>The depth of the deepest node at or below a node.</summary>
    public int DeepestAt(int node) => _deepest[node];

    /// <summary>A bit for each token that has fewer bytes.</summary>
    public ReadOnlySpan<uint> ShorterThan(int length)
    {
        if (length > Longest)
            length = Longest + 1;
        if (_shorter[length] is { } known)
            return known;
        var bits = new uint[(Width + 31) >> 5];
        foreach (int token in _tokens)
        {
            if (_texts[token]!.Length < length)
                bits[token >> 5] |= 1u << token;
        }
        return _shorter[length] = bits;
    }

    /// <summary>The tokens whose text ends at the node.</summary>
    public ReadOnlySpan<int> TokensAt(int node) => _tokens.AsSpan(_tokenStarts[node].._tokenStarts[node + 1]);

    /// <summary>The bytes of a token; null where it is not text.</summary>
    public byte[]? Text(int token) => (uint)token < (uint)_texts.Length ? _texts[token] : null;

    /// <summary>The trie of a tokenizer; special tokens are in it only where they are named.</summary>
    public static TokenTrie Of(Tokenizer tokenizer, IReadOnlyList<int> textTokens)
    {
        ConcurrentDictionary<string, TokenTrie> known = s_known.GetOrCreateValue(tokenizer);
        string key = string.Join(' ', textTokens.Order());
        if (known.TryGetValue(key, out TokenTrie? trie))
            return trie;
        trie = new TokenTrie(Texts(tokenizer, textTokens));
        return known.Count < MaxKnown ? known.GetOrAdd(key, trie) : trie;
    }

    private static byte[]?[] Texts(Tokenizer tokenizer, IReadOnlyList<int> textTokens)
    {
        var texts = new byte[]?[tokenizer.VocabularySize];
        // Behind another token a token decodes as it does within a text, whatever decoders do to the first one.
        int[] pair = [Enumerable.Range(0, texts.Length).FirstOrDefault(id => IsLetter(tokenizer, id), -1), 0];
        int before = pair[0] < 0 ? 0 : tokenizer.DecodeBytes(pair.AsSpan(0, 1)).Length;
        for (int id = 0; id < texts.Length; id++)
        {
            if (!tokenizer.Contains(id) || (tokenizer.IsSpecial(id) && !textTokens.Contains(id)) || id == tokenizer.UnkId)
                continue;
            pair[1] = id;
            texts[id] = pair[0] < 0 ? tokenizer.GetTokenBytes(id).ToArray() : tokenizer.DecodeBytes(pair)[before..];
        }
        return texts;
    }

    private static bool IsLetter(Tokenizer tokenizer, int id) =>
        tokenizer.Contains(id) && !tokenizer.IsSpecial(id) && tokenizer.GetTokenBytes(id) is [>= (byte)'a' and <= (byte)'z'];
}
