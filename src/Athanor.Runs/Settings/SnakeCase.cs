using System.Text;

namespace Athanor.Runs.Settings;

/// <summary>Names of properties and enum members as recipes write them.</summary>
public static class SnakeCase
{
    /// <summary><c>LearningRate</c> becomes <c>learning_rate</c>, <c>UseFP16Cache</c> becomes <c>use_fp16_cache</c>.</summary>
    public static string Of(string name)
    {
        var text = new StringBuilder(name.Length + 8);
        for (int i = 0; i < name.Length; i++)
        {
            char c = name[i];
            bool starts = char.IsUpper(c) && i > 0 && name[i - 1] != '_' &&
                (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            if (starts)
                text.Append('_');
            text.Append(char.ToLowerInvariant(c));
        }
        return text.ToString();
    }
}
