using Athanor.Inference.Constraints;
using Athanor.Serving.Catalog;
using Athanor.Serving.Chat;
using Athanor.Serving.Protocol;

namespace Athanor.Serving.Requests;

/// <summary>What keeps answers to the form that a request asks for.</summary>
internal static class AnswerConstraints
{
    /// <summary>Makes the constraint of one answer; null where anything may be said.</summary>
    public static Func<ITokenConstraint>? For(ServedModel model, AnswerFormat format, ToolSet? tools)
    {
        if (format.Form == AnswerForm.Text && tools is not { Use: ToolUse.Required })
            return null;
        try
        {
            CompiledConstraint compiled = format.Form switch
            {
                AnswerForm.Regex => model.Constraints.Get($"regex\n{format.Rule}", [], (tokenizer, options) => TokenConstraints.Regex(format.Rule, tokenizer, options)),
                AnswerForm.Choice => model.Constraints.Get($"choice\n{string.Join('\0', format.Choices!)}", [], (tokenizer, options) => TokenConstraints.Choice(format.Choices!, tokenizer, options)),
                AnswerForm.Grammar => model.Constraints.Get($"grammar\n{format.Rule}", [], (tokenizer, options) => TokenConstraints.Grammar(format.Rule, tokenizer, options)),
                _ => throw ApiException.Invalid($"The model '{model.Id}' cannot keep to this form of answers.", format.Form == AnswerForm.Text ? "tool_choice" : format.Field),
            };
            return compiled.Start;
        }
        catch (ConstraintException e)
        {
            throw ApiException.Invalid($"'{format.Field}': {e.Message}", format.Field);
        }
    }
}
