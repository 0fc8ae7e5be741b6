using System.Globalization;
using System.Text;

namespace Athanor.Data.DotnetDocs;

/// <summary>
/// Names of the documentation format (<c>M:System.Array.Resize``1(``0[]@,System.Int32)</c>) as people write them
/// (<c>System.Array.Resize&lt;T&gt;(ref T[], System.Int32)</c>). Names of type parameters come from what was documented before, else they are T.
/// </summary>
internal sealed class MemberName
{
    /// <summary>References repeat the names of type parameters: a file full of references to one with long names would grow to many times its size.</summary>
    private const int MostParameters = 32, LongestParameters = 512;

    private readonly Dictionary<string, string[]> _typeParameters = new(StringComparer.Ordinal);

    /// <summary>Notes the type parameters that a member documents, for itself and everything that names it later.</summary>
    public void Learn(string id, string[] typeParameters)
    {
        if (typeParameters.Length is > 0 and <= MostParameters && typeParameters.Sum(name => (long)name.Length) <= LongestParameters)
            _typeParameters.TryAdd(Bare(id), typeParameters);
    }

    /// <summary>The type that a member belongs to: itself for types.</summary>
    public static string TypeOf(string id)
    {
        string bare = Bare(id);
        if (bare.StartsWith("T:", StringComparison.Ordinal))
            return bare[2..];
        int dot = bare.LastIndexOf('.');
        return dot > 2 ? bare[2..dot] : bare[2..];
    }

    /// <summary>The whole name, parameters too.</summary>
    public string Full(string id)
    {
        string bare = Bare(id);
        string owner = "T:" + TypeOf(id);
        string[] ofType = Parameters(owner), ofMember = id.StartsWith("M:", StringComparison.Ordinal) ? Parameters(bare) : [];
        var text = new StringBuilder();
        string path = bare[2..];
        bool constructor = path.EndsWith(".#ctor", StringComparison.Ordinal);
        if (constructor)
        {
            text.Append("new ");
            path = path[..^6];
        }
        Path(text, path, ofType, ofMember);
        if (bare.Length < id.Length || id[0] == 'M')
            Signature(text, id.AsSpan(bare.Length), ofType, ofMember);
        return text.ToString();
    }

    /// <summary>What a reference is called within a sentence: the last part of its name.</summary>
    public string Short(string reference)
    {
        int colon = reference.IndexOf(':', StringComparison.Ordinal);
        if (colon != 1)
            return reference;
        string bare = Bare(reference), path = bare[2..];
        if (path.EndsWith(".#ctor", StringComparison.Ordinal))
            path = path[..^6];
        string last = path[(path.LastIndexOfAny(['.', '#']) + 1)..];
        int arity = last.IndexOf('`', StringComparison.Ordinal);
        if (arity < 0)
            return last;
        return reference[0] == 'T' ? last[..arity] + Angle(Parameters(bare)) : last[..arity];
    }

    /// <summary>The identity without its parameter list: <c>M:System.Array.Resize``1</c>.</summary>
    private static string Bare(string id)
    {
        // The kind and its colon come first, whatever character a damaged file has for a kind.
        int end = id.AsSpan(2).IndexOfAny('(', '~');
        return end < 0 ? id : id[..(2 + end)];
    }

    private string[] Parameters(string bare)
    {
        if (_typeParameters.TryGetValue(bare, out string[]? known))
            return known;
        int tick = bare.LastIndexOf('`');
        if (tick < 0 || !int.TryParse(bare.AsSpan(tick + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count is < 1 or > MostParameters)
            return [];
        return count == 1 ? ["T"] : [.. Enumerable.Range(1, count).Select(number => string.Create(CultureInfo.InvariantCulture, $"T{number}"))];
    }

    private static string Angle(string[] parameters) => parameters.Length == 0 ? "" : $"<{string.Join(", ", parameters)}>";

    private static void Path(StringBuilder text, ReadOnlySpan<char> path, string[] ofType, string[] ofMember)
    {
        for (int i = 0; i < path.Length; i++)
        {
            if (path[i] != '`')
            {
                // Explicit implementations write the interface with number signs.
                text.Append(path[i] == '#' ? '.' : path[i] switch { '{' => '<', '}' => '>', '@' => ',', var other => other });
                continue;
            }
            bool method = i + 1 < path.Length && path[i + 1] == '`';
            i += method ? 2 : 1;
            while (i < path.Length && char.IsAsciiDigit(path[i]))
                i++;
            text.Append(Angle(method ? ofMember : ofType));
            i--;
        }
    }

    /// <summary>The parameter list, and the result of conversions.</summary>
    private static void Signature(StringBuilder text, ReadOnlySpan<char> signature, string[] ofType, string[] ofMember)
    {
        if (signature.IsEmpty)
        {
            text.Append("()");
            return;
        }
        // Commas within angle brackets begin no parameter.
        int began = text.Length, depth = 0;
        for (int i = 0; i < signature.Length; i++)
        {
            switch (signature[i])
            {
                case '(':
                    text.Append('(');
                    began = text.Length;
                    break;
                case ',':
                    text.Append(", ");
                    began = depth > 0 ? began : text.Length;
                    break;
                case '{':
                    depth++;
                    text.Append('<');
                    break;
                case '}':
                    depth--;
                    text.Append('>');
                    break;
                case '~':
                    text.Append(" to ");
                    break;
                case '@':
                    text.Insert(began, "ref ");
                    break;
                case '[':
                    int close = signature[i..].IndexOf(']');
                    int commas = close < 0 ? 0 : signature.Slice(i, close).Count(',');
                    text.Append('[').Append(',', commas).Append(']');
                    i += Math.Max(close, 0);
                    break;
                case '`':
                    bool method = i + 1 < signature.Length && signature[i + 1] == '`';
                    i += method ? 2 : 1;
                    int start = i;
                    while (i < signature.Length && char.IsAsciiDigit(signature[i]))
                        i++;
                    _ = int.TryParse(signature[start..i], NumberStyles.None, CultureInfo.InvariantCulture, out int index);
                    string[] names = method ? ofMember : ofType;
                    text.Append(index < names.Length ? names[index] : "T");
                    i--;
                    break;
                default:
                    text.Append(signature[i]);
                    break;
            }
        }
    }
}
