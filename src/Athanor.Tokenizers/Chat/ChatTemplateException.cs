namespace Athanor.Tokenizers.Chat;

/// <summary>A chat template could not be read or rendered: what is wrong, and where in the template.</summary>
public class ChatTemplateException : Exception
{
    /// <summary>An error without a place.</summary>
    public ChatTemplateException(string message) : base(message)
    {
    }

    /// <summary>An error caused by another.</summary>
    public ChatTemplateException(string message, Exception? innerException) : base(message, innerException)
    {
    }

    /// <summary>An error without a message of its own.</summary>
    public ChatTemplateException() : base("The chat template failed.")
    {
    }

    internal ChatTemplateException(string message, SourcePosition at, Exception? inner = null)
        : base($"line {at.Line}, column {at.Column}: {message}", inner)
    {
        (Line, Column) = (at.Line, at.Column);
    }

    /// <summary>The line in the template, from 1; 0 when the error has no place.</summary>
    public int Line { get; internal init; }

    /// <summary>The column in the template, from 1, in UTF-16 units; 0 when the error has no place.</summary>
    public int Column { get; internal init; }

    /// <summary>Whether the template itself refused the conversation through <c>raise_exception</c>; <see cref="Exception.Message"/> is then the template's own.</summary>
    public bool RaisedByTemplate { get; internal init; }

    /// <summary>The same error with its place, for errors found where the place is not known.</summary>
    internal virtual ChatTemplateException Place(SourcePosition at) =>
        Line > 0 || at.Line == 0 ? this
        : RaisedByTemplate ? new ChatTemplateException(Message) { RaisedByTemplate = true, Line = at.Line, Column = at.Column }
        : new ChatTemplateException(Message, at, InnerException);
}
