using System.Text;

namespace Athanor.Data.Decontamination;

/// <summary>Records of fields between separators; quoted fields hold separators, line ends and doubled quotes (RFC 4180).</summary>
internal static class SeparatedValues
{
    public static IEnumerable<IReadOnlyList<string>> Read(TextReader reader, char separator)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        bool quoted = false, any = false;
        while (reader.Read() is >= 0 and int next)
        {
            char unit = (char)next;
            any = true;
            if (quoted)
            {
                if (unit != '"')
                    field.Append(unit);
                else if (reader.Peek() == '"')
                    field.Append((char)reader.Read());
                else
                    quoted = false;
            }
            else if (unit == '"' && field.Length == 0)
                quoted = true;
            else if (unit == separator)
                Take();
            else if (unit == '\n')
            {
                if (field.Length > 0 && field[^1] == '\r')
                    field.Length--;
                Take();
                if (fields.Count > 1 || fields[0].Length > 0)
                    yield return fields.ToArray();
                fields.Clear();
                any = false;
            }
            else
                field.Append(unit);
        }
        if (any)
        {
            Take();
            yield return fields.ToArray();
        }

        void Take()
        {
            fields.Add(field.ToString());
            field.Clear();
        }
    }
}
