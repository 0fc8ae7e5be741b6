using System.Globalization;
using Athanor.Tokenizers;
using Athanor.Tokenizers.Inspection;
using Spectre.Console;

namespace Athanor.Cli.Tokenizers;

/// <summary>Tokens for people: each on its own colour, borders as bars where there are no colours.</summary>
internal static class TokenView
{
    // Light backgrounds that stay apart from each other on dark and on light terminals.
    private static readonly Color[] Colours = [new(143, 188, 255), new(159, 224, 160), new(255, 212, 121), new(255, 159, 159), new(211, 168, 255)];

    public static void Write(Tokenizer tokenizer, ReadOnlySpan<byte> document, TokenBuffer buffer, TextWriter output)
    {
        IAnsiConsole console = Terminal.Create(output);
        WriteTokens(tokenizer, document, buffer, output, console);
        double rate = buffer.Count == 0 ? 0 : document.Length / (double)buffer.Count;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{buffer.Count} tokens, {document.Length} bytes, {rate:0.00} bytes a token"));
    }

    public static void WriteTokens(Tokenizer tokenizer, ReadOnlySpan<byte> document, TokenBuffer buffer, TextWriter output, IAnsiConsole console)
    {
        bool colours = console.Profile.Capabilities.Ansi && console.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;
        for (int i = 0; i < buffer.Count; i++)
        {
            string text = Text(tokenizer, document, buffer, i);
            if (colours)
                console.Write(new Text(text, new Style(Color.Black, Colours[i % Colours.Length])));
            else
                output.Write((i > 0 ? "|" : "") + text);
            // A line end in the text is one in the view.
            if (text.EndsWith("\\n", StringComparison.Ordinal))
                output.WriteLine();
        }
        output.WriteLine();
    }

    /// <summary>What a token stands for in the text; the token's own text where nothing stands behind it.</summary>
    public static string Text(Tokenizer tokenizer, ReadOnlySpan<byte> document, TokenBuffer buffer, int token)
    {
        ByteRange range = buffer.Ranges[token];
        if (range.Length > 0)
            return TokenText.Show(document.Slice(range.Start, range.Length));
        return TokenText.Show(tokenizer.GetTokenBytes(buffer.Ids[token]));
    }
}
