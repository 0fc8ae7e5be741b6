namespace Athanor.Tokenizers.SentencePiece;

/// <content>
/// Long runs in windows. Two facts make this exact for every list of merges: a stretch of tokens of a valid encoding is the encoding of its own bytes,
/// and two encodings can be put side by side when the two tokens at the border are neighbours in some valid encoding (no merge of lower rank crosses it).
/// So a window that starts at a token of the window before it and begins with the same token continues it exactly; where it does not,
/// the window before is encoded again with twice the symbols.
/// </content>
public sealed partial class CharacterBpe
{
    private const int WindowSymbols = 128, MarginSymbols = 32, KeptWindows = 1024;

    private void EncodeLong(ReadOnlySpan<byte> piece, int from, int to, int start, TokenBuffer output, Scratch scratch)
    {
        SymbolRun run = scratch.Run;
        List<Window> windows = scratch.Windows;
        windows.Clear();
        int atStart = output.Count, unknownAtStart = scratch.UnknownAt;
        int size = WindowSymbols, calm = 0;
        var window = new Window(from, atStart, unknownAtStart, -1, -1);
        while (true)
        {
            int reached = Fill(run, piece, window.Start, to, size);
            run.Merge(_pairs, reached);
            if (window.Token >= 0 && (run.Symbol(0) != window.Token || run.Start(run.Next(0)) != window.TokenEnd))
            {
                calm = 0;
                if (windows.Count == 0)
                {
                    window = new Window(from, atStart, unknownAtStart, -1, -1);
                    size = int.MaxValue;
                }
                else
                {
                    window = windows[^1];
                    windows.RemoveAt(windows.Count - 1);
                    size = (int)Math.Min(int.MaxValue, 2L * size);
                }
                output.Truncate(window.Tokens);
                scratch.UnknownAt = window.UnknownAt;
                continue;
            }
            int keep = reached == to ? run.Count : run.Count - MarginSymbols, i = 0;
            for (; i < run.Count && run.Next(i) <= keep; i = run.Next(i))
                AddSymbol(piece, run.Symbol(i), run.Start(i), run.Start(run.Next(i)), start, output, scratch);
            if (reached == to)
                return;
            if (i == 0)
            {
                size = (int)Math.Min(int.MaxValue, 2L * size);
                continue;
            }
            if (windows.Count == KeptWindows)
                windows.RemoveRange(0, KeptWindows / 2);
            windows.Add(window);
            window = new Window(run.Start(i), output.Count, scratch.UnknownAt, run.Symbol(i), run.Start(run.Next(i)));
            // Larger windows after a disagreement stay a while, so that going back costs a fixed share of going on.
            if (++calm == 8)
            {
                size = Math.Max(WindowSymbols, size / 2);
                calm = 0;
            }
        }
    }

    /// <summary>A window's first byte, the output's length and last unknown token before it, and the token that it has to begin with.</summary>
    private readonly record struct Window(int Start, int Tokens, int UnknownAt, int Token, int TokenEnd);
}
