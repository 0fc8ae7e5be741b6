using System.Text.Json.Nodes;

namespace Athanor.Inference.Tests.Constraints;

/// <summary>Schemas of supported keywords, drawn at random.</summary>
internal static class RandomSchemas
{
    private static readonly string[] s_names = ["a", "ab", "name", "Z\u00FCrich", "x y", "q\"q", "n"];

    public static JsonObject Draw(Random random, int depth = 3)
    {
        switch (random.Next(depth > 0 ? 12 : 7))
        {
            case 0:
                var text = new JsonObject { ["type"] = "string" };
                if (random.Next(2) == 0)
                    text["maxLength"] = random.Next(3, 8);
                if (random.Next(2) == 0)
                    text["minLength"] = random.Next(0, 4);
                return text;
            case 1:
                string[] patterns = ["^[a-c]{2,4}$", "^(x|yz)*$", "^[0-9]+-[A-F]$", "^\"?\\\\n?$"];
                return new JsonObject { ["type"] = "string", ["pattern"] = patterns[random.Next(patterns.Length)] };
            case 2:
                string[] formats = ["date", "time", "date-time", "uuid", "ipv4"];
                return new JsonObject { ["type"] = "string", ["format"] = formats[random.Next(formats.Length)] };
            case 3:
                return Number(random, "integer", random.Next(-2000, 2000), 1);
            case 4:
                return Number(random, "number", random.Next(-2000, 2000), random.Next(1, 1000));
            case 5:
                return new JsonObject { ["enum"] = new JsonArray([.. Enumerable.Range(0, random.Next(1, 5)).Select(i => (JsonNode?)(random.Next(3) == 0 ? i : s_names[i]))]) };
            case 6:
                return new JsonObject { ["type"] = new JsonArray(random.Next(2) == 0 ? "boolean" : "integer", "null") };
            case 7:
                var array = new JsonObject { ["type"] = "array" };
                bool prefix = random.Next(3) == 0;
                if (prefix)
                    array["prefixItems"] = new JsonArray(Draw(random, depth - 1), Draw(random, depth - 1));
                array["items"] = Draw(random, depth - 1);
                if (random.Next(2) == 0)
                    array["minItems"] = random.Next(0, 3);
                array["maxItems"] = random.Next(3, 5);
                return array;
            case 8:
                return new JsonObject { ["anyOf"] = new JsonArray(Draw(random, depth - 1), Draw(random, depth - 1)) };
            case 9:
                var map = new JsonObject { ["type"] = "object", ["additionalProperties"] = Draw(random, depth - 1), ["maxProperties"] = random.Next(1, 4) };
                if (random.Next(2) == 0)
                    map["minProperties"] = 1;
                return map;
            default:
                var properties = new JsonObject();
                var required = new JsonArray();
                foreach (string name in s_names.OrderBy(_ => random.Next()).Take(random.Next(0, 5)))
                {
                    properties[name] = Draw(random, depth - 1);
                    if (random.Next(2) == 0)
                        required.Add(name);
                }
                var schema = new JsonObject { ["type"] = "object", ["properties"] = properties, ["required"] = required };
                if (random.Next(2) == 0)
                    schema["additionalProperties"] = random.Next(3) == 0 ? Draw(random, depth - 1) : false;
                return schema;
        }
    }

    private static JsonObject Number(Random random, string type, int low, int scale)
    {
        var number = new JsonObject { ["type"] = type };
        if (random.Next(3) > 0)
            number[random.Next(2) == 0 ? "minimum" : "exclusiveMinimum"] = JsonValue.Create(low / (decimal)scale);
        if (random.Next(3) > 0)
            number[random.Next(2) == 0 ? "maximum" : "exclusiveMaximum"] = JsonValue.Create((low + random.Next(2, 500)) / (decimal)scale);
        return number;
    }
}
