namespace Athanor.Data.Documents;

/// <summary>A document that cannot be read: which file, which line, what is wrong, what to do.</summary>
public sealed class DocumentException : IOException
{
    /// <summary>Reports a problem at a line, counted from 1.</summary>
    public DocumentException(string file, long line, string problem, Exception? inner = null)
        : base(FormattableString.Invariant($"{file}:{line}: {problem}"), inner) => (File, Line, Problem) = (file, line, problem);

    /// <summary>The file.</summary>
    public string File { get; }

    /// <summary>The line, from 1.</summary>
    public long Line { get; }

    /// <summary>What is wrong.</summary>
    public string Problem { get; }
}
