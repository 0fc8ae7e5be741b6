using System.Text;
using System.Text.Json;
using Athanor.Tokenizers;

namespace Athanor.Inference.Constraints;

/// <summary>Makes constraints on generated text. Compiling costs milliseconds; the result is for keeping and is safe for many threads.</summary>
public static partial class TokenConstraints
{
    /// <summary>Texts that are one of a list.</summary>
    /// <exception cref="ConstraintException">The list is empty or too large.</exception>
    public static CompiledConstraint Choice(IEnumerable<string> texts, Tokenizer tokenizer, ConstraintOptions? options = null)
    {
        byte[][] choices = [.. texts.Select((text, i) =>
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            return Encoding.UTF8.GetString(bytes) == text ? bytes : throw new ConstraintException("the text has half a surrogate pair", $"choice {i}");
        })];
        if (choices.Length == 0)
            throw new ConstraintException("there is no text to choose; give at least one");
        return Compile(new GrammarBook(), new TextChoiceNode(choices), tokenizer, options);
    }

    /// <summary>Texts of a context-free grammar as llama.cpp writes them (GBNF), from the rule <c>root</c>.</summary>
    /// <exception cref="ConstraintException">The grammar is wrong, recursive on the left, endless or too large; line and column are said.</exception>
    public static CompiledConstraint Grammar(string gbnf, Tokenizer tokenizer, ConstraintOptions? options = null)
    {
        (GrammarBook book, int root) = GbnfParser.Parse(gbnf);
        return new CompiledConstraint(book, root, tokenizer, options ?? new ConstraintOptions());
    }

    /// <summary>Texts that a regular expression matches as a whole. Look-around and back-references are refused.</summary>
    /// <exception cref="ConstraintException">The expression is wrong, of a kind that no finite automaton can follow, or too large.</exception>
    public static CompiledConstraint Regex(string pattern, Tokenizer tokenizer, ConstraintOptions? options = null) =>
        Compile(new GrammarBook(), RegexParser.Parse(pattern, ""), tokenizer, options);

    /// <summary>JSON that a schema of draft 2020-12 describes; see docs/constraints.md for what is supported.</summary>
    /// <exception cref="ConstraintException">A keyword cannot be enforced, or the schema is wrong or too large; the JSON path is said.</exception>
    public static CompiledConstraint JsonSchema(JsonElement schema, Tokenizer tokenizer, ConstraintOptions? options = null)
    {
        options ??= new ConstraintOptions();
        var book = new GrammarBook();
        return Compile(book, SchemaCompiler.Compile(schema, book, new JsonParts(book, options), options), tokenizer, options);
    }

    /// <summary>Any JSON object of at most <see cref="ConstraintOptions.MaxDepth"/> levels.</summary>
    public static CompiledConstraint JsonObject(Tokenizer tokenizer, ConstraintOptions? options = null)
    {
        options ??= new ConstraintOptions();
        var book = new GrammarBook();
        return Compile(book, new JsonParts(book, options).AnyObject(options.MaxDepth), tokenizer, options);
    }

    /// <summary>Answers that call tools. With <see cref="ToolCalls.Auto"/> any text may come before, and it is free until a call's mark.</summary>
    /// <param name="tools">The tools that may be called; a single one for a named choice.</param>
    /// <param name="syntax">How the model writes calls. Marks that are special tokens count as text: show special tokens when the answer is read.</param>
    /// <param name="use">Whether a call has to be made.</param>
    /// <param name="parallel">Whether several calls may be made.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="options">Bounds.</param>
    /// <exception cref="ConstraintException">There is no tool, or a strict tool's schema cannot be enforced.</exception>
    public static CompiledConstraint Tools(
        IReadOnlyList<ToolFunction> tools, ToolCallSyntax syntax, ToolCalls use, bool parallel, Tokenizer tokenizer, ConstraintOptions? options = null)
    {
        options ??= new ConstraintOptions();
        foreach (string mark in new[] { syntax.Start, syntax.End })
        {
            if (mark.Length > 0 && tokenizer.TryGetId(mark, out int id) && tokenizer.IsSpecial(id))
                options = options with { TextTokens = [.. options.TextTokens, id] };
        }
        var book = new GrammarBook();
        return Compile(book, ToolCallGrammar.Compile(book, tools, syntax, use, parallel, options), tokenizer, options);
    }

    private static CompiledConstraint Compile(GrammarBook book, GrammarNode root, Tokenizer tokenizer, ConstraintOptions? options) =>
        new(book, book.Define("the text", root).Rule, tokenizer, options ?? new ConstraintOptions());
}
