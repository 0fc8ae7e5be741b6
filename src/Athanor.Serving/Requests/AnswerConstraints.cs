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
        throw ApiException.Invalid($"The model '{model.Id}' cannot keep to a form of answers.", format.Form == AnswerForm.Text ? "tool_choice" : format.Field);
    }
}
