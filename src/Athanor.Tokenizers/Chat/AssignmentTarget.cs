namespace Athanor.Tokenizers.Chat;

/// <summary>What a set or a for assigns to: a name, an attribute of a namespace, or a tuple of these.</summary>
internal sealed class AssignmentTarget(string name, string? attribute, IReadOnlyList<AssignmentTarget>? parts)
{
    public string Name { get; } = name;

    public IReadOnlyList<AssignmentTarget>? Parts { get; } = parts;

    public void Assign(RenderState state, object? value)
    {
        if (Parts is not null)
        {
            List<object?> values = PythonType.ToList(value, state);
            if (values.Count != Parts.Count)
                throw new ChatTemplateException($"cannot unpack {values.Count} value(s) into {Parts.Count} names.");
            for (int i = 0; i < values.Count; i++)
                Parts[i].Assign(state, values[i]);
        }
        else if (attribute is null)
        {
            state.Scope.Set(Name, value);
        }
        else if (state.Scope.Get(Name) is NamespaceValue space)
        {
            space.Attributes[attribute] = value;
        }
        else
        {
            throw new ChatTemplateException($"cannot assign attribute '{attribute}' of '{Name}': only a namespace object has attributes that can be set.");
        }
    }
}
