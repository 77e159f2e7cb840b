// The sample app: one screen over the model in Sample/Model, which is tested. It was never run, as
// Linux has no SwiftUI.

import Golive
import GoliveSampleModel
import SwiftUI
import UIKit

@main struct SampleApp: App {
    var body: some Scene {
        WindowGroup {
            StageView(model: Model(studio: Studio()))
        }
    }
}

/// The camera's picture, how the broadcast is doing, and the buttons.
struct StageView: View {
    @State var model: Model
    @State private var screen = Screen()
    @AppStorage("address") private var address = "srt://192.168.1.2:9000"

    var body: some View {
        ZStack {
            CameraPreview().ignoresSafeArea()
            VStack(spacing: 12) {
                StatusView(screen: screen)
                Spacer()
                SentencesView(screen: screen)
                controls
            }
            .padding()
        }
        .task { await model.appear() }
        .task {
            for await screen in model.screens() {
                self.screen = screen
                // Who is on air does not touch the phone for a while.
                UIApplication.shared.isIdleTimerDisabled = screen.phase != .offAir
            }
        }
    }

    private var controls: some View {
        VStack(spacing: 12) {
            if screen.phase == .offAir {
                TextField("srt://ingest.example:9000?streamid=…", text: $address)
                    .textFieldStyle(.roundedBorder)
                    .textInputAutocapitalization(.never)
                    .autocorrectionDisabled()
                    .keyboardType(.URL)
            }
            HStack(spacing: 24) {
                ControlButton(
                    title: screen.isMuted ? "Be heard" : "Mute",
                    symbol: screen.isMuted ? "mic.slash.fill" : "mic.fill"
                ) {
                    await model.toggleMute()
                }
                Button {
                    model.goLiveOrStop(address)
                } label: {
                    Text(screen.phase == .offAir ? "Go live" : "Stop")
                        .font(.headline)
                        .padding(.horizontal, 20)
                        .padding(.vertical, 12)
                        .background(screen.phase == .offAir ? Color.red : Color.gray, in: Capsule())
                        .foregroundStyle(.white)
                }
                ControlButton(title: "Switch camera", symbol: "camera.rotate.fill") {
                    await model.switchCamera()
                }
                .disabled(!screen.canSwitchCamera)
                ControlButton(
                    title: "Light", symbol: screen.isTorchOn ? "bolt.fill" : "bolt.slash.fill"
                ) {
                    await model.toggleTorch()
                }
                .disabled(!screen.hasTorch)
            }
        }
    }
}

/// Whether the person is on air, how that goes, and what viewers get instead.
private struct StatusView: View {
    let screen: Screen

    var body: some View {
        VStack(alignment: .leading, spacing: 6) {
            Text(screen.health)
                .font(.callout.monospacedDigit())
                .padding(8)
                .background(
                    screen.phase == .live ? Color.red : Color.black.opacity(0.6), in: Capsule())
            if let instead = screen.instead {
                Text(instead).padding(8).background(Color.orange, in: Capsule())
            }
            if let problem = screen.problem {
                Text(problem).padding(8).background(Color.black.opacity(0.8))
            }
        }
        .foregroundStyle(.white)
        .frame(maxWidth: .infinity, alignment: .leading)
    }
}

/// What happened, the newest at the bottom.
private struct SentencesView: View {
    let screen: Screen

    var body: some View {
        VStack(alignment: .leading, spacing: 2) {
            ForEach(Array(screen.sentences.enumerated()), id: \.offset) { _, sentence in
                Text(sentence).font(.footnote)
            }
        }
        .foregroundStyle(.white)
        .shadow(radius: 2)
        .frame(maxWidth: .infinity, alignment: .leading)
    }
}

/// A round button that does something which takes a moment.
private struct ControlButton: View {
    let title: LocalizedStringKey
    let symbol: String
    let action: @MainActor () async -> Void

    init(
        title: LocalizedStringKey, symbol: String, action: @escaping @MainActor () async -> Void
    ) {
        (self.title, self.symbol, self.action) = (title, symbol, action)
    }

    var body: some View {
        Button {
            Task { await action() }
        } label: {
            Image(systemName: symbol)
                .font(.title3)
                .frame(width: 44, height: 44)
                .background(Color.black.opacity(0.6), in: Circle())
                .foregroundStyle(.white)
        }
        .accessibilityLabel(Text(title))
    }
}
