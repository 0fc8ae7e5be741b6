using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Athanor.Cli.ModelFiles;
using Athanor.Cli.Serve;
using Athanor.Serving.Clients;

namespace Athanor.Cli.Chat;

/// <summary>The verb <c>athanor chat</c>.</summary>
internal static class ChatCommand
{
    public static Command Create(TextWriter output, TextWriter errors)
    {
        var model = new Argument<string>("model") { Description = ModelPath.Description };
        var system = new Option<string?>("--system") { Description = "What the model is told before the conversation." };
        var set = new Option<string[]>("--set") { Description = "Settings as /set knows them: --set temperature=0.7 seed=1.", AllowMultipleArgumentsPerToken = true };
        var load = new LoadArguments("It is what you talk with.");
        var command = new Command("chat", """
            Talks with a model on the terminal.

            Examples:
              athanor chat quickstart
              athanor chat my-model --system "You answer in one sentence." --set temperature=0.7
              echo "What is a tensor?" | athanor chat my-model

            /help lists the commands. Ctrl+C stops an answer, not the program.
            """) { model, system, set };
        load.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            (string name, string place) = ModelPath.Parse(parsed.GetRequiredValue(model));
            ServedLoading loading = load.Read(parsed);
            string? adapter = ModelArguments.Adapter(loading.Files);
            await using LoadedModel loaded = ModelLoader.Load(name, place, loading, cancellation);
            bool interactive = !Console.IsInputRedirected && !Console.IsOutputRedirected;
            using var client = new EngineChatClient(adapter is null ? loaded.Served : loaded.Served.WithAdapters().Single());
            using TextReader input = new StreamReader(Console.OpenStandardInput(), new System.Text.UTF8Encoding(false));
            var session = new ChatSession(client, interactive ? Console.In : input, output, errors, interactive) { System = parsed.GetValue(system) ?? "" };
            foreach (string pair in parsed.GetValue(set) ?? [])
                session.Settings.Set(pair.Split('=', 2)[0], pair.Split('=', 2) is [_, var value] ? value : throw new ArgumentException($"--set is '{pair}'; write it as name=value."));
            if (!loaded.Served.HasOwnTemplate)
                errors.WriteLine($"athanor: {name} has no chat template, so a plain one (User:, Assistant:) stands in; it may never have seen a conversation.");
            if (interactive)
                errors.WriteLine(string.Create(CultureInfo.InvariantCulture, $"athanor: {name}, context of {loaded.Engine.ContextLength} tokens; /help lists the commands."));
            int idle = 0;
            using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
            {
                // The first at rest only tells how to leave: it may have been meant for an answer that had just ended.
                context.Cancel = session.StopAnswer() || (interactive && Interlocked.Increment(ref idle) == 1);
                if (context.Cancel && idle == 1)
                    errors.WriteLine("[Ctrl+C again, or /exit, leaves]");
            });
            await session.RunAsync(cancellation).ConfigureAwait(false);
            return Tool.Success;
        });
        return command;
    }
}
