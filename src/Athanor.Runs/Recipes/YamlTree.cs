using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Athanor.Runs.Recipes;

/// <summary>
/// Reads YAML into nodes that know their places. Bounded in size, depth and number of nodes; anchors, aliases, tags and merge keys are refused, so a
/// small file stays small.
/// </summary>
internal static class YamlTree
{
    public const int MaxBytes = 1 << 20, MaxDepth = 40, MaxNodes = 100_000;
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The tree of a file, or null after reporting why there is none.</summary>
    public static RecipeNode? ReadFile(string path, ProblemList problems)
    {
        var mark = new SourceMark(path, 0, 0);
        try
        {
            using FileStream stream = File.OpenRead(path);
            if (stream.Length > MaxBytes)
            {
                problems.Add(mark, "", $"The file has {stream.Length:N0} bytes; a recipe has at most {MaxBytes:N0}.", remedy: "Give the recipe, not its data.");
                return null;
            }
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return Read(bytes, path, problems);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            string[] there = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.y*ml").Take(1000).Select(file => Path.GetFileName(file)!)] : [];
            problems.Add(mark, "", "There is no such file.", NearestName.Of(Path.GetFileName(path), there),
                Directory.Exists(folder) ? null : $"The folder {folder} does not exist either.");
        }
        catch (UnauthorizedAccessException)
        {
            problems.Add(mark, "", Directory.Exists(path) ? "This is a folder." : "The file may not be read.", remedy: "Name a recipe file that you may read.");
        }
        catch (IOException e)
        {
            problems.Add(mark, "", $"The file cannot be read: {e.Message}");
        }
        return null;
    }

    public static RecipeNode? Read(ReadOnlySpan<byte> bytes, string source, ProblemList problems)
    {
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            bytes = bytes[3..];
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || bytes.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            problems.Add(new SourceMark(source, 1, 1), "", "The file is UTF-16.", remedy: "Save it as UTF-8.");
            return null;
        }
        try
        {
            return Read(Strict.GetString(bytes), source, problems);
        }
        catch (DecoderFallbackException e)
        {
            ReadOnlySpan<byte> before = bytes[..Math.Clamp(e.Index, 0, bytes.Length)];
            problems.Add(new SourceMark(source, before.Count((byte)'\n') + 1, before.Length - before.LastIndexOf((byte)'\n')), "",
                $"The bytes here are not UTF-8 (offset {e.Index}).", remedy: "Save the file as UTF-8.");
            return null;
        }
    }

    public static RecipeNode? Read(string text, string source, ProblemList problems)
    {
        if (text.Length > MaxBytes)
        {
            problems.Add(new SourceMark(source, 0, 0), "", $"The text has {text.Length:N0} characters; a recipe has at most {MaxBytes:N0}.");
            return null;
        }
        int control = text.AsSpan().IndexOfAnyInRange('\0', '\b');
        if (control >= 0)
        {
            problems.Add(MarkAt(source, text, control), "", $"A control character (0x{(int)text[control]:x2}) is here.", remedy: "Is this a text file?");
            return null;
        }
        var reader = new Builder(source, problems);
        try
        {
            return reader.Document(new Parser(new StringReader(text)));
        }
        catch (StopReadingException)
        {
            return null;
        }
        catch (YamlException e)
        {
            int line = (int)Math.Max(1, e.Start.Line), column = (int)Math.Max(1, e.Start.Column);
            if (TabNear(text, e) is { } tab)
                problems.Add(new SourceMark(source, tab.Line, tab.Column), "", "A tab indents this line; YAML indents with spaces only.", remedy: "Replace the tab by two spaces.");
            else
                problems.Add(new SourceMark(source, line, column), "", $"This is not valid YAML: {e.Message.TrimEnd('.')}.",
                    remedy: "Look at the indentation, quotes and brackets here and on the line above.");
            return null;
        }
        // The parser is not ours: whatever it throws at unusual text is a fault of the text for the user.
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException or FormatException or OverflowException)
        {
            problems.Add(new SourceMark(source, 0, 0), "", $"The YAML parser gave up: {e.Message}");
            return null;
        }
    }

    private static SourceMark MarkAt(string source, string text, int offset)
    {
        ReadOnlySpan<char> before = text.AsSpan(0, offset);
        return new SourceMark(source, before.Count('\n') + 1, before.Length - before.LastIndexOf('\n'));
    }

    /// <summary>
    /// The first line that is indented by a tab, where the parser complains of one (it then gives the place of the value around it) or stops near it.
    /// </summary>
    private static (int Line, int Column)? TabNear(string text, YamlException error)
    {
        bool named = error.Message.Contains("tab", StringComparison.Ordinal);
        string[] lines = text.Split('\n');
        for (int i = named ? 0 : Math.Max(0, (int)error.Start.Line - 3); i < (named ? lines.Length : Math.Min(lines.Length, error.End.Line + 1)); i++)
        {
            ReadOnlySpan<char> indent = lines[i].AsSpan(0, lines[i].Length - lines[i].AsSpan().TrimStart().Length);
            if (indent.IndexOf('\t') is >= 0 and int tab)
                return (i + 1, tab + 1);
        }
        return null;
    }

    private sealed class StopReadingException : Exception;

    private sealed class Builder(string source, ProblemList problems)
    {
        private int _nodes;

        public RecipeNode Document(Parser parser)
        {
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
                throw Stop(new SourceMark(source, 0, 0), "The file is empty.", "Write at least a name and stages.");
            RecipeNode root = Node(parser, "", 0);
            parser.Consume<DocumentEnd>();
            if (parser.Accept<DocumentStart>(out DocumentStart? second))
                throw Stop(At(second), "A second document begins here; a recipe is one.", "Remove the '---' and what follows, or make it a file of its own.");
            return root;
        }

        private RecipeNode Node(Parser parser, string path, int depth)
        {
            ParsingEvent current = parser.Current ?? throw new InvalidOperationException("the text ends too early");
            SourceMark mark = At(current);
            if (++_nodes > MaxNodes)
                throw Stop(mark, $"There are more than {MaxNodes:N0} values.", "Put data into files and name those.");
            if (depth > MaxDepth)
                throw Stop(mark, $"Values nest deeper than {MaxDepth} levels.", null);
            if (current is NodeEvent node)
            {
                if (!node.Anchor.IsEmpty)
                    throw Stop(mark, $"The anchor '&{node.Anchor}' is refused: a recipe says each thing where it is used.", "Write the value out, or put what is shared into a base recipe ('base: other.yaml').");
                if (!node.Tag.IsEmpty && !(node.Tag.IsNonSpecific))
                    throw Stop(mark, $"The tag '{node.Tag}' is refused: types come from the settings.", "Remove the tag.");
            }
            switch (current)
            {
                case Scalar scalar:
                    parser.MoveNext();
                    return new ScalarNode(mark, scalar.Value, scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any) ? ScalarKind.Text
                        : scalar.Value is "" or "~" or "null" or "Null" or "NULL" ? ScalarKind.Null : ScalarKind.Plain);
                case SequenceStart:
                    parser.MoveNext();
                    var sequence = new SequenceNode(mark);
                    while (!parser.TryConsume<SequenceEnd>(out _))
                        sequence.Items.Add(Node(parser, $"{path}[{sequence.Items.Count}]", depth + 1));
                    return sequence;
                case MappingStart:
                    parser.MoveNext();
                    return Mapping(parser, mark, path, depth);
                case AnchorAlias alias:
                    throw Stop(mark, $"The alias '*{alias.Value}' is refused: a recipe says each thing where it is used.", "Write the value out, or put what is shared into a base recipe ('base: other.yaml').");
                default:
                    throw Stop(mark, "This is not valid YAML.", null);
            }
        }

        private MappingNode Mapping(Parser parser, SourceMark mark, string path, int depth)
        {
            var mapping = new MappingNode(mark);
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                RecipeNode key = Node(parser, path, depth + 1);
                if (key is not ScalarNode { Kind: ScalarKind.Plain or ScalarKind.Text, Text.Length: > 0 } name)
                    throw Stop(key.Mark, $"A key is {key.Noun}; keys are words.", null);
                if (name.Text == "<<" && name.Kind == ScalarKind.Plain)
                    throw Stop(key.Mark, "The merge key '<<' is refused.", "Put what is shared into a base recipe ('base: other.yaml').");
                string child = path.Length == 0 ? name.Text : $"{path}.{name.Text}";
                RecipeNode value = Node(parser, child, depth + 1);
                if (mapping.TryGet(name.Text, out MappingEntry? first))
                    problems.Add(key.Mark, child, $"The key stands here for the second time; first on line {first.KeyMark.Line}.", remedy: "Keep one of them.");
                else
                    mapping.Set(name.Text, key.Mark, value);
            }
            return mapping;
        }

        private SourceMark At(ParsingEvent e) => new(source, (int)e.Start.Line, (int)e.Start.Column);

        private StopReadingException Stop(SourceMark mark, string message, string? remedy)
        {
            problems.Add(mark, "", message, remedy: remedy);
            return new StopReadingException();
        }
    }
}
